#include "tools/compare/sqlite_diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

#include "store/core/parallel.h"
#include "tools/compare/sqlite_query.h"

namespace varve {
namespace {

struct ObjectOrder {
  bool operator()(const SchemaObject* a, const SchemaObject* b) const {
    return a->type == b->type ? NameOrder()(a->name, b->name) : a->type < b->type;
  }
};

std::set<const SchemaObject*, ObjectOrder> by_name(const SqliteSchema& schema) {
  std::set<const SchemaObject*, ObjectOrder> objects;
  for (const SchemaObject& object : schema.objects) objects.insert(&object);
  return objects;
}

void count(TableChange& table, ChangeKind kind) {
  switch (kind) {
    case ChangeKind::added:
      ++table.added;
      break;
    case ChangeKind::removed:
      ++table.removed;
      break;
    case ChangeKind::changed:
      ++table.changed;
      break;
  }
}

}  // namespace

SqliteDiff::SqliteDiff(const ComparedDatabase& before, const ComparedDatabase& after,
                       PageComparison* pages, std::stop_token stop)
    : before_(before),
      after_(after),
      pages_(pages),
      stop_(std::move(stop)),
      before_schema_(read_schema(before)),
      after_schema_(read_schema(after)) {
  compare_schemas();
}

void SqliteDiff::compare_schemas() {
  const auto old_objects = by_name(before_schema_);
  const auto new_objects = by_name(after_schema_);
  for (const SchemaObject& object : before_schema_.objects) {
    const auto now = new_objects.find(&object);
    if (now == new_objects.end()) {
      schema_.push_back({ChangeKind::removed, object});
    } else if ((*now)->sql != object.sql) {
      schema_.push_back({ChangeKind::changed, **now});
    }
  }
  for (const SchemaObject& object : after_schema_.objects) {
    if (!old_objects.contains(&object)) schema_.push_back({ChangeKind::added, object});
  }
}

std::vector<std::string> SqliteDiff::tables() const {
  std::set<std::string, NameOrder> names;
  for (const SqliteSchema* schema : {&before_schema_, &after_schema_}) {
    for (const auto& [name, table] : schema->tables) {
      if (!table.is_internal) names.insert(name);
    }
  }
  return {names.begin(), names.end()};
}

// Records are only comparable as bytes where both versions of the table read them alike.
Candidates SqliteDiff::candidates_of(const TablePair& pair) const {
  Candidates found;
  if (pages_ == nullptr || pair.before.sql != pair.after.sql) return found;
  if (pair.before.has_rowid) {
    found.rowids = pages_->changed_rowids(pair.before.root, pair.after.root);
  } else if (pair.identity == RowIdentity::primary_key) {
    found.keys = pages_->changed_keys(pair.before.root, pair.after.root, pair.key.size());
  }
  return found;
}

std::optional<TableChange> SqliteDiff::compare(const std::string& table,
                                               const TakeRowChange& take) const {
  const TableShape* old_table = before_schema_.find(table);
  const TableShape* new_table = after_schema_.find(table);
  if (old_table == nullptr && new_table == nullptr) return std::nullopt;
  if (old_table == nullptr) return whole_table(after_, *new_table, ChangeKind::added, take);
  if (new_table == nullptr) return whole_table(before_, *old_table, ChangeKind::removed, take);

  const TablePair pair(before_, after_, *old_table, *new_table);
  TableChange change{.name = new_table->name,
                     .virtual_table = after_schema_.virtual_table_of(*new_table),
                     .has_new_columns = !pair.has_same_columns(),
                     .identity = pair.identity,
                     .key = pair.key,
                     .key_at = pair.key_at,
                     .columns = pair.columns};
  const Candidates candidates = candidates_of(pair);
  if (candidates.are_none()) return change;
  compare_tables(
      pair, candidates,
      [&](const RowChange& row) {
        count(change, row.kind);
        if (take) take(row);
      },
      stop_);
  return change;
}

TableChange SqliteDiff::whole_table(const ComparedDatabase& database, const TableShape& table,
                                    ChangeKind kind, const TakeRowChange& take) const {
  const TablePair itself(database, database, table, table);
  const SqliteSchema& schema = kind == ChangeKind::added ? after_schema_ : before_schema_;
  TableChange change{.name = table.name,
                     .virtual_table = schema.virtual_table_of(table),
                     .kind = kind,
                     .identity = itself.identity,
                     .key = itself.key,
                     .key_at = itself.key_at,
                     .columns = itself.columns};
  const bool is_new = kind == ChangeKind::added;
  std::uint64_t& rows = is_new ? change.added : change.removed;
  SqliteQuery query(database,
                    fmt::format("SELECT {}{}{} FROM {}", table.rowid.empty() ? "NULL" : table.rowid,
                                take ? ", " : "", take ? quoted_names(change.columns) : "",
                                quoted_name(table.name)));
  while (query.step()) {
    throw_if_stopped(stop_);
    ++rows;
    if (!take) continue;
    RowChange row;
    row.kind = is_new ? ChangeKind::added : ChangeKind::removed;
    (is_new ? row.after : row.before) = row_at(query.row(), 1);
    if (!table.rowid.empty()) row.rowid = query.number(0);
    take(row);
  }
  return change;
}

StoredPair::StoredPair(ChunkReader& chunks, const FileEntry& before, const std::string& before_name,
                       const FileEntry& after, const std::string& after_name, std::stop_token stop)
    : before_file_(chunks, before),
      after_file_(chunks, after),
      pages_(PageComparison::start(chunks, before_file_, after_file_, stop)),
      before_(before_file_, before_name, stop),
      after_(after_file_, after_name, stop) {
  serve(before_, ChangedPages::Side::before);
  serve(after_, ChangedPages::Side::after);
  diff_ = std::make_unique<SqliteDiff>(before_, after_, pages_.get(), std::move(stop));
}

void StoredPair::serve(ComparedDatabase& database, ChangedPages::Side side) {
  if (!pages_) return;
  database.serve([&pages = *pages_, side](std::uint64_t offset, MutableBytes out) {
    const std::uint32_t page_size = pages.changes().page_size();
    if (out.size() != page_size || offset % page_size != 0) return false;
    const auto page = static_cast<std::uint32_t>(offset / page_size + 1);
    const ByteView found = pages.at_hand(side, page);
    if (found.empty()) return false;
    std::memcpy(out.data(), found.data(), found.size());
    return true;
  });
}

}  // namespace varve
