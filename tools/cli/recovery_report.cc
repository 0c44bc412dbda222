#include "tools/cli/recovery_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tools/cli/format.h"
#include "tools/cli/json_text.h"

namespace varve::cli {
namespace {

using Json = nlohmann::ordered_json;

Json values_json(const std::vector<std::string>& columns,
                 const std::vector<std::optional<std::string>>& values) {
  if (values.empty()) return nullptr;
  Json json = Json::object();
  for (std::size_t i = 0; i < columns.size(); ++i) {
    json[columns[i]] = values[i] ? Json(*values[i]) : Json();
  }
  return json;
}

std::string text_of(const OrphanRows& orphans, const std::string& table) {
  return fmt::format("{} of {} would refer to no row of {} ({}): {}",
                     format_count(orphans.rows, "row"), table, orphans.parent, orphans.example,
                     orphans.is_stored ? fmt::format("recover them with it, --table {} --table {}",
                                                     orphans.parent, table)
                                       : "the snapshot does not have it either");
}

Json table_json(const TableRecovery& table) {
  Json orphans = Json::array();
  for (const OrphanRows& one : table.orphans) {
    orphans.push_back({{"parent", one.parent},
                       {"columns", one.columns},
                       {"rows", one.rows},
                       {"example", one.example},
                       {"parent_is_stored", one.is_stored}});
  }
  return {{"table", table.table},
          {"missing", table.missing},
          {"differing", table.changed},
          {"key", table.key},
          {"is_new", table.is_new},
          {"notes", table.notes},
          {"refused", table.refusal},
          {"orphans", orphans},
          {"inserted", table.inserted},
          {"updated", table.updated},
          {"passed_over", table.passed_over}};
}

}  // namespace

std::string found_text(const TableRecovery& table) {
  if (!table.refusal.empty()) return fmt::format("{}: not looked at", table.table);
  if (table.stands_still()) return fmt::format("{}: nothing is missing", table.table);
  if (table.missing + table.changed == 0) return fmt::format("{}: it is missing", table.table);
  std::string text = fmt::format("{}: {} missing", table.table, format_count(table.missing, "row"));
  if (!table.key.empty()) text += fmt::format(", {} otherwise now", format_count(table.changed));
  return text;
}

std::vector<std::string> notes_of(const RecoveryReport& report) {
  std::vector<std::string> notes;
  for (const TableRecovery& table : report.tables) {
    if (!table.refusal.empty() || table.stands_still()) continue;
    for (const std::string& note : table.notes) {
      notes.push_back(fmt::format("{}: {}", table.table, note));
    }
  }
  return notes;
}

std::vector<std::string> warnings_of(const RecoveryReport& report) {
  std::vector<std::string> warnings;
  for (const TableRecovery& table : report.tables) {
    if (!table.refusal.empty()) {
      warnings.push_back(
          fmt::format("{} cannot be recovered row by row: {}", table.table, table.refusal));
    }
    for (std::string& text : orphans_text(table)) warnings.push_back(std::move(text));
  }
  return warnings;
}

std::vector<std::string> orphans_text(const TableRecovery& table) {
  std::vector<std::string> texts;
  for (const OrphanRows& orphans : table.orphans) texts.push_back(text_of(orphans, table.table));
  return texts;
}

std::vector<std::string> passed_over_of(const RecoveryReport& report) {
  std::vector<std::string> warnings;
  for (const TableRecovery& table : report.tables) {
    if (table.passed_over == 0) continue;
    warnings.push_back(
        fmt::format("{} of {} did not come back: a trigger of the database, or "
                    "IGNORE in the table's own words, passed over {}",
                    format_count(table.passed_over, "row"), table.table,
                    table.passed_over == 1 ? "it" : "them"));
  }
  return warnings;
}

std::string done_text(const RecoveryReport& report) {
  std::string text;
  for (const TableRecovery& table : report.tables) {
    if (table.is_new && table.inserted == 0) text += fmt::format("made {}\n", table.table);
    if (table.inserted > 0) {
      text +=
          fmt::format("inserted {} into {}\n", format_count(table.inserted, "row"), table.table);
    }
    if (table.updated > 0) {
      text += fmt::format("put back {} of {}\n", format_count(table.updated, "row"), table.table);
    }
  }
  if (text.empty()) {
    text = passed_over_of(report).empty() ? "nothing had to be done\n" : "no row came back\n";
  }
  if (!report.safety_snapshot.empty()) {
    text +=
        fmt::format("{} as it was before: snapshot {}\n", report.target, report.safety_snapshot);
  }
  return text;
}

std::string recovery_json(const RecoveryReport& report) {
  Json tables = Json::array();
  for (const TableRecovery& table : report.tables) tables.push_back(table_json(table));
  Json json = {
      {"snapshot", report.snapshot},
      {"path", report.path},
      {"target", report.target},
      {"applied", report.is_applied},
      {"safety_snapshot", report.safety_snapshot.empty() ? Json() : Json(report.safety_snapshot)},
      {"tables", tables}};
  if (!report.is_applied) {
    Json rows = Json::array();
    for (const auto& [table, row] : report.rows) {
      rows.push_back({{"table", table},
                      {"state", row.is_missing ? "missing" : "differs"},
                      {"stored", values_json(row.columns, row.stored)},
                      {"live", values_json(row.columns, row.live)}});
    }
    json["rows"] = std::move(rows);
  }
  return json_text(json);
}

}  // namespace varve::cli
