#include "tools/compare/rowid_comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "store/core/parallel.h"
#include "tools/compare/table_rows.h"

namespace varve {
namespace {

// Differences by rowid, as they come in its order.
class RowidMerge {
 public:
  RowidMerge(const TablePair& pair, const std::stop_token& stop)
      : before_(pair.before_database,
                select_rows(pair.before, pair.columns, in_range(pair.before))),
        after_(pair.after_database, select_rows(pair.after, pair.columns, in_range(pair.after))),
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
          take(changed_row(before_.row(), after_.row()));
        }
      } else {
        take(takes_before ? removed_row(before_.row()) : added_row(after_.row()));
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
    if (change.kind == ChangeKind::changed && has_same_key(change)) {
      take_(change);
    } else if (change.kind == ChangeKind::added) {
      take_after(change.after, change.rowid);
    } else {
      take_before(change.before, change.rowid);
      // (Its rowid is that of the row that it replaced.)
      if (change.kind == ChangeKind::changed) take_after(change.after, change.rowid);
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
      take_({ChangeKind::removed, row, {}, rowid});
    } else if (Row now = row_at(found, kFirstColumn); now != row) {
      take_({ChangeKind::changed, row, std::move(now), rowid});
    }
  }
  // One that `before` has too was met there: under another rowid, so it differs by rowid.
  void take_after(const Row& row, std::optional<std::int64_t> rowid) {
    if (has_null_key(pair_, row) || before_.find(row) == nullptr) {
      take_({ChangeKind::added, {}, row, rowid});
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
      if (changes_[i].kind != ChangeKind::added) gone[literals(changes_[i].before)].push_back(i);
    }
    for (RowChange& change : changes_) {
      if (change.kind == ChangeKind::removed) continue;
      const auto found = gone.find(literals(change.after));
      if (found == gone.end() || found->second.empty()) continue;
      lose_before(changes_[found->second.back()]);
      found->second.pop_back();
      lose_after(change);
      has_moves = true;
    }
    for (RowChange& change : changes_) {
      // Rows that stay under another rowid may be where an added one was.
      if (has_moves && change.kind == ChangeKind::added) change.rowid.reset();
      if (!change.before.empty() || !change.after.empty()) take(change);
    }
  }

 private:
  static void lose_before(RowChange& change) {
    change.kind = ChangeKind::added;
    change.before.clear();
  }
  static void lose_after(RowChange& change) {
    change.kind = ChangeKind::removed;
    change.after.clear();
  }

  std::vector<RowChange> changes_;
};

}  // namespace

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

}  // namespace varve
