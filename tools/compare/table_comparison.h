// The rows in which two versions of a table differ.
//
// What makes two rows versions of one row is, in this order:
//   the primary key   columns that both versions have as such; an INTEGER PRIMARY KEY is the rowid
//   the rowid         where there is no primary key. Rows that are equal under different rowids are
//                     the same row too: VACUUM may give new ones to a table without a key.
//   the whole row     where the rowid cannot be named either, or only one version has one: equal
//                     rows cancel out, a changed row is one removed and one added.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "tools/compare/change_kind.h"
#include "tools/compare/page_comparison.h"
#include "tools/compare/sqlite_schema.h"

namespace varve {

enum class RowIdentity : std::uint8_t { primary_key, rowid, whole_row };

struct RowChange {
  ChangeKind kind = ChangeKind::added;
  Row before;  // values of TablePair::columns; empty for an added row
  Row after;   // empty for a removed one
  // In `before`, or of an added row in `after`; nothing where the table has none.
  std::optional<std::int64_t> rowid;
};

// A table in both databases; the caller keeps all alive.
struct TablePair {
  const ComparedDatabase& before_database;
  const ComparedDatabase& after_database;
  const TableShape& before;
  const TableShape& after;
  std::vector<std::string> columns;  // that both have: what is compared
  RowIdentity identity = RowIdentity::whole_row;
  std::vector<std::string> key;     // where it is the primary key
  std::vector<std::size_t> key_at;  // its places in `columns`

  TablePair(const ComparedDatabase& old_database, const ComparedDatabase& new_database,
            const TableShape& old_shape, const TableShape& new_shape);

  bool has_same_columns() const;
};

using TakeRowChange = std::function<void(const RowChange&)>;

// Which rows can differ, where that is known; else all are looked at.
struct Candidates {
  std::optional<std::vector<RowidRange>> rowids = {};  // of tables that both have rowids
  // By the primary key, of tables WITHOUT ROWID: all rows that differ in either are among them.
  std::optional<PageComparison::ChangedKeys> keys = {};
  bool are_none() const {
    return (rowids && rowids->empty()) || (keys && keys->before.empty() && keys->after.empty());
  }
};

// Each change once; with a rowid in their order. Rows without a key take memory in proportion to
// what changed, whole rows about 50 bytes each. Throws Error, an interrupted one where `stop` asks
// for it.
void compare_tables(const TablePair& pair, const Candidates& candidates, const TakeRowChange& take,
                    const std::stop_token& stop);

// For each row of the table `before` that the table `after` does not have: removed; that it has
// otherwise: changed. What `after` has besides is not looked at. Rows without a primary key, or
// with NULL in it, are compared as a whole, and of equal ones each stands for one. `take` may put
// what it is given into `after`. `where`: an SQL condition on the rows of `before`, or empty.
void compare_rows_of(const TablePair& pair, const std::string& where, const TakeRowChange& take,
                     const std::stop_token& stop);

// All rows of a table for which `where` holds, as removed ones, with all columns.
void for_each_row_of(const ComparedDatabase& database, const TableShape& table,
                     const std::string& where, const TakeRowChange& take,
                     const std::stop_token& stop);

}  // namespace varve
