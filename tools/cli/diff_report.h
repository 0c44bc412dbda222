// What `varve diff` found between two snapshots.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/compare/snapshot_diff.h"
#include "tools/compare/sqlite_diff.h"

namespace varve::cli {

struct TableReport {
  TableChange change;
  std::vector<RowChange> rows;  // where they were asked for
};

struct DatabaseReport {
  std::vector<SchemaChange> schema;
  std::vector<TableReport> tables;  // that are not equal
  // Nothing where the files could not be compared page by page.
  std::optional<std::uint64_t> differing_pages;
};

struct FileReport {
  FileChange change;
  std::optional<DatabaseReport> database;
};

struct DiffReport {
  std::string before;  // names of the snapshots
  std::string after;
  std::vector<FileReport> files;
  bool has_rows = false;  // they were asked for
};

std::string diff_text(const DiffReport& report);
std::string diff_json(const DiffReport& report);

}  // namespace varve::cli
