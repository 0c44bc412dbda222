// What changed between two states of a SQLite database: its schema, and the rows of each table.
//
// Two stored states are compared by their pages first (page_comparison.h), so that the work is in
// proportion to what changed. That holds for tables whose CREATE TABLE is the same in both (and for
// those WITHOUT ROWID in UTF-8); others are compared row by row.
// Virtual tables are compared as the tables in which their modules keep them.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tools/compare/change_kind.h"
#include "tools/compare/page_comparison.h"
#include "tools/compare/table_comparison.h"

namespace varve {

struct SchemaChange {
  ChangeKind kind = ChangeKind::added;
  SchemaObject object;  // as it is after; a removed one as it was before
};

struct TableChange {
  std::string name;
  std::string virtual_table = {};  // whose module keeps its rows in it; mostly none
  // added, removed: the whole table is new or gone, all of its rows with it.
  ChangeKind kind = ChangeKind::changed;
  bool has_new_columns = false;  // only `columns` were compared
  RowIdentity identity = RowIdentity::primary_key;
  std::vector<std::string> key = {};
  std::vector<std::size_t> key_at = {};   // in `columns`
  std::vector<std::string> columns = {};  // of the rows
  std::uint64_t added = 0;
  std::uint64_t removed = 0;
  std::uint64_t changed = 0;
  bool has_row_changes() const { return added + removed + changed > 0; }
};

class SqliteDiff {
 public:
  // Reads both schemas. Databases, and `pages` if not null, must outlive it; the databases of
  // `pages` are these two. Throws Error.
  SqliteDiff(const ComparedDatabase& before, const ComparedDatabase& after, PageComparison* pages,
             std::stop_token stop);

  const std::vector<SchemaChange>& schema() const noexcept { return schema_; }
  const SqliteSchema& schema_before() const noexcept { return before_schema_; }
  const SqliteSchema& schema_after() const noexcept { return after_schema_; }

  // SQLite's own tables (sqlite_sequence…) are no table that changed, for people.
  std::vector<std::string> tables() const;
  // Compares the rows of one table that either has, `take` (may be empty) gets each change.
  // Nothing where neither has it.
  std::optional<TableChange> compare(const std::string& table, const TakeRowChange& take) const;

 private:
  void compare_schemas();
  Candidates candidates_of(const TablePair& pair) const;
  TableChange whole_table(const ComparedDatabase& database, const TableShape& table,
                          ChangeKind kind, const TakeRowChange& take) const;

  const ComparedDatabase& before_;
  const ComparedDatabase& after_;
  PageComparison* const pages_;
  const std::stop_token stop_;
  const SqliteSchema before_schema_;
  const SqliteSchema after_schema_;
  std::vector<SchemaChange> schema_;
};

// Two files of a repository opened for a comparison.
class StoredPair {
 public:
  // Names are for messages. Throws Error.
  StoredPair(ChunkReader& chunks, const FileEntry& before, const std::string& before_name,
             const FileEntry& after, const std::string& after_name, std::stop_token stop);

  const SqliteDiff& diff() const noexcept { return *diff_; }
  const ComparedDatabase& before() const noexcept { return before_; }
  const ComparedDatabase& after() const noexcept { return after_; }
  // Null where the files cannot be compared page by page.
  const PageComparison* pages() const noexcept { return pages_.get(); }

 private:
  void serve(ComparedDatabase& database, ChangedPages::Side side);

  FileReader before_file_;
  FileReader after_file_;
  std::unique_ptr<PageComparison> pages_;
  ComparedDatabase before_;
  ComparedDatabase after_;
  std::unique_ptr<SqliteDiff> diff_;
};

}  // namespace varve
