#include "tools/cli/diff_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tools/cli/format.h"
#include "tools/cli/json_text.h"
#include "tools/cli/row_output.h"
#include "tools/sources/postgres_copy.h"

namespace varve::cli {
namespace {

using Json = nlohmann::ordered_json;
// Of a dump's file: whose rows it holds.
std::string table_of(const FileEntry& file) {
  const auto fact = file.facts.find(kTableFact);
  return fact == file.facts.end() ? "" : fmt::format(" ({})", fact->second);
}

std::string sizes_of(const FileChange& change) {
  if (change.kind == ChangeKind::added) return format_bytes(change.after->size);
  if (change.kind == ChangeKind::removed) return format_bytes(change.before->size);
  if (!change.has_new_content) {
    return change.before->mode == change.after->mode
               ? "other attributes"
               : fmt::format("mode {:04o} -> {:04o}", change.before->mode, change.after->mode);
  }
  const std::string size = change.before->size == change.after->size
                               ? format_bytes(change.after->size)
                               : fmt::format("{} -> {}", format_bytes(change.before->size),
                                             format_bytes(change.after->size));
  return fmt::format("{}, {} in chunks that differ", size, format_bytes(change.differing_after));
}

std::string table_text(const TableReport& table) {
  const TableChange& change = table.change;
  std::string text = fmt::format("    rows of {}: {}", change.name, counts_text(change));
  if (!change.virtual_table.empty()) {
    text += fmt::format(" (where the virtual table {} keeps its own)", change.virtual_table);
  }
  if (change.identity == RowIdentity::rowid) text += " (no primary key: by rowid)";
  if (change.identity == RowIdentity::whole_row) text += " (no primary key: whole rows)";
  if (change.has_new_columns) text += fmt::format(" (in columns {})", join(change.columns));
  text = printable(text) + "\n";
  for (const RowChange& row : table.rows) {
    text += "      " + printable(mark_of(row.kind) + row_text(change, row)) + "\n";
  }
  return text;
}

std::string database_text(const DatabaseReport& database) {
  std::string text;
  if (database.differing_pages) {
    text += fmt::format("    {}\n", format_count(*database.differing_pages, "page") +
                                        (*database.differing_pages == 1 ? " differs" : " differ"));
  }
  for (const SchemaChange& change : database.schema) {
    text += printable(fmt::format("    {} {} {}", change.object.type, change.object.name,
                                  word_of(change.kind))) +
            "\n";
  }
  for (const TableReport& table : database.tables) text += table_text(table);
  return text;
}

Json table_json(const TableReport& table, bool has_rows) {
  const TableChange& change = table.change;
  Json json = {
      {"table", change.name},
      {"virtual_table", change.virtual_table.empty() ? Json() : Json(change.virtual_table)},
      {"change", word_of(change.kind)},
      {"identity", word_of(change.identity)},
      {"key", change.key},
      {"columns", change.columns},
      {"added", change.added},
      {"removed", change.removed},
      {"changed", change.changed}};
  if (!has_rows) return json;
  Json rows = Json::array();
  for (const RowChange& row : table.rows) {
    rows.push_back({{"change", word_of(row.kind)},
                    {"before", row_json(change.columns, row.before)},
                    {"after", row_json(change.columns, row.after)}});
  }
  json["rows"] = std::move(rows);
  return json;
}

Json database_json(const DatabaseReport& database, bool has_rows) {
  Json schema = Json::array();
  for (const SchemaChange& change : database.schema) {
    schema.push_back({{"change", word_of(change.kind)},
                      {"type", change.object.type},
                      {"name", change.object.name},
                      {"sql", change.object.sql}});
  }
  Json tables = Json::array();
  for (const TableReport& table : database.tables) tables.push_back(table_json(table, has_rows));
  Json json = {{"differing_pages", nullptr}, {"schema", schema}, {"tables", tables}};
  if (database.differing_pages) json["differing_pages"] = *database.differing_pages;
  return json;
}

}  // namespace

std::string diff_text(const DiffReport& report) {
  std::string text = fmt::format("{} -> {}\n", report.before, report.after);
  if (report.files.empty()) text += "nothing differs\n";
  for (const FileReport& file : report.files) {
    const FileChange& change = file.change;
    const FileEntry& entry = change.after != nullptr ? *change.after : *change.before;
    text += printable(fmt::format("{}{}{}  {}", mark_of(change.kind), change.path(),
                                  table_of(entry), sizes_of(change))) +
            "\n";
    if (file.database) text += database_text(*file.database);
  }
  return text;
}

std::string diff_json(const DiffReport& report) {
  Json files = Json::array();
  for (const FileReport& file : report.files) {
    const FileChange& change = file.change;
    Json json = {
        {"path", change.path()},
        {"change", word_of(change.kind)},
        {"raw_bytes_before", change.before != nullptr ? Json(change.before->size) : Json()},
        {"raw_bytes_after", change.after != nullptr ? Json(change.after->size) : Json()},
        {"differing_bytes_before", change.differing_before},
        {"differing_bytes_after", change.differing_after},
        {"same_content", !change.has_new_content}};
    if (file.database) json["database"] = database_json(*file.database, report.has_rows);
    files.push_back(std::move(json));
  }
  const Json json = {{"before", report.before}, {"after", report.after}, {"files", files}};
  return json_text(json);
}

}  // namespace varve::cli
