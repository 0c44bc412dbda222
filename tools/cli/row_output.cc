#include "tools/cli/row_output.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "store/core/ids.h"
#include "tools/cli/format.h"

namespace varve::cli {
namespace {

using Json = nlohmann::ordered_json;

Json value_json(const SqlValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  if (const auto* real = std::get_if<double>(&value)) return *real;
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* blob = std::get_if<SqlBlob>(&value)) return {{"hex", to_hex(blob->bytes)}};
  return nullptr;
}

std::string name_of(const TableChange& table, const RowChange& row) {
  if (table.identity != RowIdentity::primary_key) {
    return row.rowid ? fmt::format("rowid {}", *row.rowid) : "";
  }
  std::vector<std::string> parts;
  for (const std::size_t at : table.key_at) {
    parts.push_back(fmt::format("{}={}", table.columns[at], shortened(row.before[at])));
  }
  return join(parts);
}

}  // namespace

Json row_json(const std::vector<std::string>& columns, const Row& row) {
  if (row.empty()) return nullptr;
  Json json = Json::object();
  for (std::size_t i = 0; i < columns.size(); ++i) json[columns[i]] = value_json(row[i]);
  return json;
}

const char* word_of(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::added:
      return "added";
    case ChangeKind::removed:
      return "removed";
    case ChangeKind::changed:
      break;
  }
  return "changed";
}

const char* word_of(RowIdentity identity) {
  switch (identity) {
    case RowIdentity::primary_key:
      return "primary key";
    case RowIdentity::rowid:
      return "rowid";
    case RowIdentity::whole_row:
      break;
  }
  return "whole row";
}

std::string row_text(const TableChange& table, const RowChange& row) {
  if (row.kind != ChangeKind::changed) {
    const bool is_added = row.kind == ChangeKind::added;
    return assignments(table.columns, is_added ? row.after : row.before);
  }
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (row.before[i] == row.after[i]) continue;
    parts.push_back(fmt::format("{} {} -> {}", table.columns[i], shortened(row.before[i]),
                                shortened(row.after[i])));
  }
  return fmt::format("{}: {}", name_of(table, row), join(parts));
}

std::string counts_text(const TableChange& table) {
  std::vector<std::string> parts;
  if (table.added > 0) parts.push_back(format_count(table.added) + " added");
  if (table.removed > 0) parts.push_back(format_count(table.removed) + " removed");
  if (table.changed > 0) parts.push_back(format_count(table.changed) + " changed");
  return join(parts);
}

const char* mark_of(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::added:
      return "+ ";
    case ChangeKind::removed:
      return "- ";
    case ChangeKind::changed:
      break;
  }
  return "~ ";
}

}  // namespace varve::cli
