#include "tools/compare/table_comparison.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/core/parallel.h"
#include "tools/compare/rowid_comparison.h"
#include "tools/compare/table_rows.h"

namespace varve {
namespace {

bool same_names(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::ranges::equal(a, b, same_name);
}

// On a line of its own, so that a comment at its end takes nothing else with it.
std::string condition_of(const std::string& where) {
  return where.empty() ? "" : fmt::format(" WHERE ({}\n)", where);
}

void compare_whole_rows(const TablePair& pair, const TakeRowChange& take,
                        const std::stop_token& stop) {
  SqliteQuery before(pair.before_database, select_rows(pair.before, pair.columns, ""));
  SqliteQuery after(pair.after_database, select_rows(pair.after, pair.columns, ""));
  EqualRows left;
  for_each_row(after, stop, [&](sqlite3_stmt* row) { left.add(row); });
  EqualRows both;
  for_each_row(before, stop, [&](sqlite3_stmt* row) {
    if (left.take(row)) {
      both.add(row);
    } else {
      take(removed_row(row));
    }
  });
  for_each_row(after, stop, [&](sqlite3_stmt* row) {
    if (!both.take(row)) take(added_row(row));
  });
}

// By primary key, in both directions.
void compare_by_lookup(const TablePair& pair, const TakeRowChange& take,
                       const std::stop_token& stop) {
  SqliteQuery before(pair.before_database, select_rows(pair.before, pair.columns, ""));
  KeyLookup in_after(pair.after_database, pair.after, pair);
  for_each_row(before, stop, [&](sqlite3_stmt* row) {
    sqlite3_stmt* found = in_after.find(row);
    if (found == nullptr) {
      take(removed_row(row));
    } else if (!equal_columns(row, found, kFirstColumn)) {
      take(changed_row(row, found));
    }
  });
  SqliteQuery after(pair.after_database, select_rows(pair.after, pair.columns, ""));
  KeyLookup in_before(pair.before_database, pair.before, pair);
  for_each_row(after, stop, [&](sqlite3_stmt* row) {
    if (in_before.find(row) == nullptr) take(added_row(row));
  });
}

// Changes by the keys of rows that can differ. Nothing where a key does not lead back to its row:
// then the pages were not what they seemed.
std::optional<std::vector<RowChange>> compare_keys(const TablePair& pair,
                                                   const PageComparison::ChangedKeys& keys,
                                                   const std::stop_token& stop) {
  std::vector<RowChange> changes;
  TablePair by_key = pair;  // lookups by the key alone
  for (std::size_t i = 0; i < by_key.key_at.size(); ++i) by_key.key_at[i] = i;
  KeyLookup in_before(pair.before_database, pair.before, by_key);
  KeyLookup in_after(pair.after_database, pair.after, by_key);
  for (const Row& key : keys.before) {
    throw_if_stopped(stop);
    sqlite3_stmt* before = in_before.find(key);
    if (before == nullptr) return std::nullopt;
    sqlite3_stmt* after = in_after.find(key);
    if (after == nullptr) {
      changes.push_back(removed_row(before));
    } else if (!equal_columns(before, after, kFirstColumn)) {
      changes.push_back(changed_row(before, after));
    }
  }
  for (const Row& key : keys.after) {
    throw_if_stopped(stop);
    sqlite3_stmt* after = in_after.find(key);
    if (after == nullptr) return std::nullopt;
    // One that `before` has too was met there.
    if (in_before.find(key) == nullptr) changes.push_back(added_row(after));
  }
  return changes;
}

bool have_rowids(const TablePair& pair) {
  return !pair.before.rowid.empty() && !pair.after.rowid.empty();
}

RowIdentity identity_of(const TablePair& pair) {
  const bool has_key = !pair.before.key.empty() && same_names(pair.before.key, pair.after.key) &&
                       pair.key_at.size() == pair.before.key.size();
  // NULL may stand many times in the key of a table with rowids; then the rowid has to help.
  const bool can_be_null = pair.before.has_rowid && pair.after.has_rowid;
  if (has_key && (!can_be_null || have_rowids(pair))) return RowIdentity::primary_key;
  return have_rowids(pair) ? RowIdentity::rowid : RowIdentity::whole_row;
}

}  // namespace

TablePair::TablePair(const ComparedDatabase& old_database, const ComparedDatabase& new_database,
                     const TableShape& old_shape, const TableShape& new_shape)
    : before_database(old_database),
      after_database(new_database),
      before(old_shape),
      after(new_shape) {
  for (const TableColumn& column : before.columns) {
    if (after.find(column.name) != nullptr) columns.push_back(column.name);
  }
  for (const std::string& column : before.key) {
    const auto found = std::ranges::find_if(
        columns, [&](const std::string& name) { return same_name(name, column); });
    if (found != columns.end()) key_at.push_back(static_cast<std::size_t>(found - columns.begin()));
  }
  identity = identity_of(*this);
  if (identity == RowIdentity::primary_key) key = before.key;
}

bool TablePair::has_same_columns() const {
  return columns.size() == before.columns.size() && columns.size() == after.columns.size();
}

void compare_tables(const TablePair& pair, const Candidates& candidates, const TakeRowChange& take,
                    const std::stop_token& stop) {
  if (candidates.keys) {
    if (const auto changes = compare_keys(pair, *candidates.keys, stop)) {
      for (const RowChange& change : *changes) take(change);
      return;
    }
  }
  if (pair.identity == RowIdentity::whole_row) {
    compare_whole_rows(pair, take, stop);
  } else if (have_rowids(pair)) {
    const std::vector<RowidRange> all = {RowidRange{}};
    compare_by_rowid(pair, candidates.rowids.value_or(all), take, stop);
  } else {
    compare_by_lookup(pair, take, stop);
  }
}

void compare_rows_of(const TablePair& pair, const std::string& where, const TakeRowChange& take,
                     const std::stop_token& stop) {
  SqliteQuery wanted(pair.before_database,
                     select_rows(pair.before, pair.columns, condition_of(where)));
  if (pair.identity == RowIdentity::primary_key) {
    KeyLookup in_after(pair.after_database, pair.after, pair);
    NullKeyRows without_key(pair);
    for_each_row(wanted, stop, [&](sqlite3_stmt* row) {
      if (has_null_key(pair, row)) {
        if (!without_key.take(row)) take(removed_row(row));
        return;
      }
      sqlite3_stmt* found = in_after.find(row);
      if (found == nullptr) {
        take(removed_row(row));
      } else if (!equal_columns(row, found, kFirstColumn)) {
        take(changed_row(row, found));
      }
    });
    return;
  }
  EqualRows there;
  SqliteQuery live(pair.after_database, select_rows(pair.after, pair.columns, ""));
  for_each_row(live, stop, [&](sqlite3_stmt* row) { there.add(row); });
  for_each_row(wanted, stop, [&](sqlite3_stmt* row) {
    if (!there.take(row)) take(removed_row(row));
  });
}

void for_each_row_of(const ComparedDatabase& database, const TableShape& table,
                     const std::string& where, const TakeRowChange& take,
                     const std::stop_token& stop) {
  SqliteQuery query(database, select_rows(table, table.column_names(), condition_of(where)));
  for_each_row(query, stop, [&](sqlite3_stmt* row) { take(removed_row(row)); });
}

}  // namespace varve
