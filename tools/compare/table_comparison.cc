#include "tools/compare/table_comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "store/parallel.h"
#include "tools/compare/sqlite_query.h"

namespace varve {
namespace {

using Kind = RowChange::Kind;

// Behind the rowid, or NULL in its place.
constexpr int kFirstColumn = 1;

bool same_names(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::ranges::equal(a, b, same_name);
}

std::string select(const TableShape& table, const std::vector<std::string>& columns,
                   const std::string& condition) {
  return fmt::format("SELECT {}{}{} FROM {}{}", table.rowid.empty() ? "NULL" : table.rowid,
                     columns.empty() ? "" : ", ", quoted_names(columns), quoted_name(table.name),
                     condition);
}

std::optional<std::int64_t> rowid_of(sqlite3_stmt* row) {
  if (sqlite3_column_type(row, 0) == SQLITE_NULL) return std::nullopt;
  return sqlite3_column_int64(row, 0);
}

RowChange removed(sqlite3_stmt* row) {
  return {Kind::removed, row_at(row, kFirstColumn), {}, rowid_of(row)};
}
RowChange added(sqlite3_stmt* row) {
  return {Kind::added, {}, row_at(row, kFirstColumn), rowid_of(row)};
}
RowChange changed(sqlite3_stmt* before, sqlite3_stmt* after) {
  return {Kind::changed, row_at(before, kFirstColumn), row_at(after, kFirstColumn),
          rowid_of(before)};
}

// Rows of one side found by the primary key of the other.
class KeyLookup {
 public:
  KeyLookup(const ComparedDatabase& database, const TableShape& table, const TablePair& pair)
      : key_at_(pair.key_at), query_(database, select(table, pair.columns, condition(pair))) {}

  // The row with the key that `values` have; null where there is none. Valid until the next call.
  sqlite3_stmt* find(const std::function<void(int parameter, std::size_t column)>& bind_key) {
    query_.reset();
    for (std::size_t i = 0; i < key_at_.size(); ++i) {
      bind_key(static_cast<int>(i) + 1, key_at_[i]);
    }
    return query_.step() ? query_.row() : nullptr;
  }
  sqlite3_stmt* find(const Row& row) {
    return find([&](int parameter, std::size_t column) { query_.bind(parameter, row[column]); });
  }
  // Of another statement's row, as compare_tables() selects them.
  sqlite3_stmt* find(sqlite3_stmt* row) {
    return find([&](int parameter, std::size_t column) {
      sqlite3_bind_value(query_.row(), parameter,
                         sqlite3_column_value(row, static_cast<int>(column) + kFirstColumn));
    });
  }

 private:
  static std::string condition(const TablePair& pair) {
    std::string text;
    for (const std::string& column : pair.key) {
      text += fmt::format("{} {} = ?", text.empty() ? " WHERE" : " AND", quoted_name(column));
    }
    return text;
  }

  const std::vector<std::size_t> key_at_;
  SqliteQuery query_;
};

bool has_null_key(const TablePair& pair, const Row& row) {
  return std::ranges::any_of(pair.key_at, [&](std::size_t at) { return is_null(row[at]); });
}

bool has_null_key(const TablePair& pair, sqlite3_stmt* row) {
  return std::ranges::any_of(pair.key_at, [&](std::size_t at) {
    return sqlite3_column_type(row, static_cast<int>(at) + kFirstColumn) == SQLITE_NULL;
  });
}

// Equal rows of the other side, for the few that have NULL in their primary key: such a row may
// stand there many times, and each stands for one.
class NullKeyRows {
 public:
  explicit NullKeyRows(const TablePair& pair) : query_(pair.after_database, sql(pair)) {}

  // Whether there is one that was not taken yet. They are counted when the first of them is asked
  // for, so what the caller inserts behind that counts for nothing.
  bool take(sqlite3_stmt* row) {
    const auto [left, is_first] = left_.try_emplace(fingerprint_of(row, kFirstColumn), 0);
    if (is_first) left->second = count(row);
    if (left->second == 0) return false;
    --left->second;
    return true;
  }

 private:
  // What a collation takes for equal does not have to be.
  std::uint64_t count(sqlite3_stmt* row) {
    query_.reset();
    for (int i = kFirstColumn; i < sqlite3_column_count(row); ++i) {
      sqlite3_bind_value(query_.row(), i, sqlite3_column_value(row, i));
    }
    std::uint64_t found = 0;
    while (query_.step()) {
      if (equal_columns(row, query_.row(), kFirstColumn)) ++found;
    }
    return found;
  }

  static std::string sql(const TablePair& pair) {
    std::string condition;
    for (const std::string& column : pair.columns) {
      condition +=
          fmt::format("{} {} IS ?", condition.empty() ? " WHERE" : " AND", quoted_name(column));
    }
    return select(pair.after, pair.columns, condition);
  }

  SqliteQuery query_;
  std::unordered_map<Fingerprint, std::uint64_t> left_;
};

// Differences by rowid, as they come in its order.
class RowidMerge {
 public:
  RowidMerge(const TablePair& pair, const std::stop_token& stop)
      : before_(pair.before_database, select(pair.before, pair.columns, in_range(pair.before))),
        after_(pair.after_database, select(pair.after, pair.columns, in_range(pair.after))),
        stop_(stop) {}

  void run(const std::vector<RowidRange>& ranges, const TakeRowChange& take) {
    for (const RowidRange& range : ranges) run(range, take);
  }

 private:
  static std::string in_range(const TableShape& table) {
    return fmt::format(" WHERE {0} BETWEEN ?1 AND ?2 ORDER BY {0}", table.rowid);
  }

  // Behind the last rowid of a range SQLite would look into the next leaf, which both may share and
  // nobody has read.
  static bool step(SqliteQuery& query, const RowidRange& range) {
    return query.number(0) != range.last && query.step();
  }

  void run(const RowidRange& range, const TakeRowChange& take) {
    for (SqliteQuery* query : {&before_, &after_}) {
      query->reset();
      query->bind(1, range.first);
      query->bind(2, range.last);
    }
    bool has_before = before_.step();
    bool has_after = after_.step();
    while (has_before || has_after) {
      throw_if_stopped(stop_);
      const bool takes_before = has_before && (!has_after || before_.number(0) <= after_.number(0));
      const bool takes_after = has_after && (!has_before || after_.number(0) <= before_.number(0));
      if (takes_before && takes_after) {
        if (!equal_columns(before_.row(), after_.row(), kFirstColumn)) {
          take(changed(before_.row(), after_.row()));
        }
      } else {
        take(takes_before ? removed(before_.row()) : added(after_.row()));
      }
      if (takes_before) has_before = step(before_, range);
      if (takes_after) has_after = step(after_, range);
    }
  }

  SqliteQuery before_;
  SqliteQuery after_;
  const std::stop_token& stop_;
};

// Differences by rowid become differences by a primary key that is not the rowid: a row may have
// got another rowid, and a rowid another row.
class ByKey {
 public:
  ByKey(const TablePair& pair, const TakeRowChange& take)
      : pair_(pair),
        before_(pair.before_database, pair.before, pair),
        after_(pair.after_database, pair.after, pair),
        take_(take) {}

  void take(const RowChange& change) {
    if (change.kind == Kind::changed && has_same_key(change)) {
      take_(change);
    } else if (change.kind == Kind::added) {
      take_after(change.after, change.rowid);
    } else {
      take_before(change.before, change.rowid);
      // (Its rowid is that of the row that it replaced.)
      if (change.kind == Kind::changed) take_after(change.after, change.rowid);
    }
  }

 private:
  bool has_same_key(const RowChange& change) const {
    return std::ranges::all_of(
        pair_.key_at, [&](std::size_t at) { return change.before[at] == change.after[at]; });
  }

  void take_before(const Row& row, std::optional<std::int64_t> rowid) {
    sqlite3_stmt* found = has_null_key(pair_, row) ? nullptr : after_.find(row);
    if (found == nullptr) {
      take_({Kind::removed, row, {}, rowid});
    } else if (Row now = row_at(found, kFirstColumn); now != row) {
      take_({Kind::changed, row, std::move(now), rowid});
    }
  }
  // One that `before` has too was met there: under another rowid, so it differs by rowid.
  void take_after(const Row& row, std::optional<std::int64_t> rowid) {
    if (has_null_key(pair_, row) || before_.find(row) == nullptr) {
      take_({Kind::added, {}, row, rowid});
    }
  }

  const TablePair& pair_;
  KeyLookup before_;
  KeyLookup after_;
  const TakeRowChange& take_;
};

// Differences by rowid where there is no key: what only moved to another rowid is taken out.
class Moves {
 public:
  void take(const RowChange& change) { changes_.push_back(change); }

  void finish(const TakeRowChange& take) {
    std::unordered_map<std::string, std::vector<std::size_t>> gone;  // by the row as SQL
    bool has_moves = false;
    for (std::size_t i = 0; i < changes_.size(); ++i) {
      if (changes_[i].kind != Kind::added) gone[literals(changes_[i].before)].push_back(i);
    }
    for (RowChange& change : changes_) {
      if (change.kind == Kind::removed) continue;
      const auto found = gone.find(literals(change.after));
      if (found == gone.end() || found->second.empty()) continue;
      lose_before(changes_[found->second.back()]);
      found->second.pop_back();
      lose_after(change);
      has_moves = true;
    }
    for (RowChange& change : changes_) {
      // Rows that stay under another rowid may be where an added one was.
      if (has_moves && change.kind == Kind::added) change.rowid.reset();
      if (!change.before.empty() || !change.after.empty()) take(change);
    }
  }

 private:
  static void lose_before(RowChange& change) {
    change.kind = Kind::added;
    change.before.clear();
  }
  static void lose_after(RowChange& change) {
    change.kind = Kind::removed;
    change.after.clear();
  }

  std::vector<RowChange> changes_;
};

// On a line of its own, so that a comment at its end takes nothing else with it.
std::string condition_of(const std::string& where) {
  return where.empty() ? "" : fmt::format(" WHERE ({}\n)", where);
}

// Counts of equal rows.
class RowCounts {
 public:
  void add(sqlite3_stmt* row) { ++counts_[fingerprint_of(row, kFirstColumn)]; }
  bool take(sqlite3_stmt* row) {
    const auto found = counts_.find(fingerprint_of(row, kFirstColumn));
    if (found == counts_.end()) return false;
    if (--found->second == 0) counts_.erase(found);
    return true;
  }

 private:
  std::unordered_map<Fingerprint, std::uint64_t> counts_;
};

void for_each_row(SqliteQuery& query, const std::stop_token& stop,
                  const std::function<void(sqlite3_stmt*)>& take) {
  while (query.step()) {
    throw_if_stopped(stop);
    take(query.row());
  }
}

void compare_whole_rows(const TablePair& pair, const TakeRowChange& take,
                        const std::stop_token& stop) {
  SqliteQuery before(pair.before_database, select(pair.before, pair.columns, ""));
  SqliteQuery after(pair.after_database, select(pair.after, pair.columns, ""));
  RowCounts left;
  for_each_row(after, stop, [&](sqlite3_stmt* row) { left.add(row); });
  RowCounts both;
  for_each_row(before, stop, [&](sqlite3_stmt* row) {
    if (left.take(row)) {
      both.add(row);
    } else {
      take(removed(row));
    }
  });
  for_each_row(after, stop, [&](sqlite3_stmt* row) {
    if (!both.take(row)) take(added(row));
  });
}

// By primary key, in both directions.
void compare_by_lookup(const TablePair& pair, const TakeRowChange& take,
                       const std::stop_token& stop) {
  SqliteQuery before(pair.before_database, select(pair.before, pair.columns, ""));
  KeyLookup in_after(pair.after_database, pair.after, pair);
  for_each_row(before, stop, [&](sqlite3_stmt* row) {
    sqlite3_stmt* found = in_after.find(row);
    if (found == nullptr) {
      take(removed(row));
    } else if (!equal_columns(row, found, kFirstColumn)) {
      take(changed(row, found));
    }
  });
  SqliteQuery after(pair.after_database, select(pair.after, pair.columns, ""));
  KeyLookup in_before(pair.before_database, pair.before, pair);
  for_each_row(after, stop, [&](sqlite3_stmt* row) {
    if (in_before.find(row) == nullptr) take(added(row));
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
      changes.push_back(removed(before));
    } else if (!equal_columns(before, after, kFirstColumn)) {
      changes.push_back(changed(before, after));
    }
  }
  for (const Row& key : keys.after) {
    throw_if_stopped(stop);
    sqlite3_stmt* after = in_after.find(key);
    if (after == nullptr) return std::nullopt;
    // One that `before` has too was met there.
    if (in_before.find(key) == nullptr) changes.push_back(added(after));
  }
  return changes;
}

void compare_by_rowid(const TablePair& pair, const std::vector<RowidRange>& ranges,
                      const TakeRowChange& take, const std::stop_token& stop) {
  RowidMerge merge(pair, stop);
  if (pair.identity == RowIdentity::rowid) {
    Moves moves;
    merge.run(ranges, [&](const RowChange& change) { moves.take(change); });
    moves.finish(take);
  } else if (pair.before.rowid_is_key && pair.after.rowid_is_key) {
    merge.run(ranges, take);
  } else {
    ByKey by_key(pair, take);
    merge.run(ranges, [&](const RowChange& change) { by_key.take(change); });
  }
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
  SqliteQuery wanted(pair.before_database, select(pair.before, pair.columns, condition_of(where)));
  if (pair.identity == RowIdentity::primary_key) {
    KeyLookup in_after(pair.after_database, pair.after, pair);
    NullKeyRows without_key(pair);
    for_each_row(wanted, stop, [&](sqlite3_stmt* row) {
      if (has_null_key(pair, row)) {
        if (!without_key.take(row)) take(removed(row));
        return;
      }
      sqlite3_stmt* found = in_after.find(row);
      if (found == nullptr) {
        take(removed(row));
      } else if (!equal_columns(row, found, kFirstColumn)) {
        take(changed(row, found));
      }
    });
    return;
  }
  RowCounts there;
  SqliteQuery live(pair.after_database, select(pair.after, pair.columns, ""));
  for_each_row(live, stop, [&](sqlite3_stmt* row) { there.add(row); });
  for_each_row(wanted, stop, [&](sqlite3_stmt* row) {
    if (!there.take(row)) take(removed(row));
  });
}

void for_each_row_of(const ComparedDatabase& database, const TableShape& table,
                     const std::string& where, const TakeRowChange& take,
                     const std::stop_token& stop) {
  SqliteQuery query(database, select(table, table.column_names(), condition_of(where)));
  for_each_row(query, stop, [&](sqlite3_stmt* row) { take(removed(row)); });
}

}  // namespace varve
