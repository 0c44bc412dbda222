#include "tools/compare/file_history.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "store/core/error.h"
#include "store/core/parallel.h"
#include "tools/compare/row_key.h"
#include "tools/compare/snapshot_diff.h"
#include "tools/compare/sqlite_query.h"

namespace varve {
namespace {

// A snapshot that can tell about the path: it has it, or its source without it.
struct Version {
  std::size_t snapshot = 0;
  bool is_there = false;
};

bool has(const Snapshot& snapshot, const std::string& path) {
  return snapshot.find(path) != nullptr || snapshot.has_folder(path);
}

const std::string& source_of(const Snapshot& snapshot, const std::string& path) {
  const auto file = std::ranges::find_if(snapshot.files, [&](const FileEntry& one) {
    return one.path == path || one.path.starts_with(path + '/');
  });
  return snapshot.sources.at(file->source).name;
}

std::vector<Version> versions_of(const std::vector<Snapshot>& snapshots, const std::string& path) {
  std::vector<Version> versions;
  std::string source;
  for (std::size_t i = 0; i < snapshots.size(); ++i) {
    if (has(snapshots[i], path)) {
      versions.push_back({i, true});
      source = source_of(snapshots[i], path);
    } else if (!versions.empty() &&
               std::ranges::find(snapshots[i].sources, source, &SourceInfo::name) !=
                   snapshots[i].sources.end()) {
      versions.push_back({i, false});
    }
  }
  if (versions.empty()) {
    throw Error(
        ErrorCode::not_found,
        fmt::format("no snapshot has '{}'; varve list SNAPSHOT shows what is in one", path));
  }
  return versions;
}

std::uint64_t size_of(const Snapshot& snapshot, const std::string& path) {
  std::uint64_t sum = 0;
  for (const FileEntry& file : snapshot.files) {
    if (file.path == path || file.path.starts_with(path + '/')) sum += file.size;
  }
  return sum;
}

// What follows from one version to the next, until both ends.
class History {
 public:
  History(Repository& repository, const std::vector<Snapshot>& snapshots,
          const HistoryQuestion& question, const std::stop_token& stop)
      : chunks_(repository.chunks()), snapshots_(snapshots), question_(question), stop_(stop) {}
  virtual ~History() = default;
  History(const History&) = delete;
  History& operator=(const History&) = delete;

  HistoryAnswer run() {
    for (const Version& version : versions_of(snapshots_, question_.path)) {
      throw_if_stopped(stop_);
      try {
        if (version.is_there || (last_ && last_->is_there)) compare(last_, version);
        has_read_ = has_read_ || version.is_there;
        last_ = version;
      } catch (const Error& error) {
        if (!pass_over(version, error)) throw;
      }
    }
    if (!has_read_ && first_failure_) throw Error(*first_failure_);
    std::ranges::reverse(answer_.events);
    return std::move(answer_);
  }

 protected:
  // One of both has the path at least.
  virtual void compare(const std::optional<Version>& last, const Version& now) = 0;
  // Asked behind a comparison that failed.
  virtual bool can_be_read(const Version&) const { return true; }

  const Snapshot& snapshot(const Version& version) const { return snapshots_[version.snapshot]; }
  const FileEntry* file(const std::optional<Version>& version) const {
    return version ? snapshot(*version).find(question_.path) : nullptr;
  }
  std::string name(const Version& version) const {
    return fmt::format("{} of {}", question_.path, snapshot(version).name);
  }
  HistoryEvent& add(ChangeKind kind, const std::optional<Version>& last, const Version& now) {
    HistoryEvent event{.kind = kind, .snapshot = now.snapshot};
    if (last) event.previous = last->snapshot;
    event.size = size_of(snapshot(now), question_.path);
    return answer_.events.emplace_back(std::move(event));
  }

  ChunkReader& chunks_;
  const std::vector<Snapshot>& snapshots_;
  const HistoryQuestion& question_;
  const std::stop_token& stop_;

 private:
  // The damaged one of the two that were compared. False: it is not that.
  bool pass_over(const Version& now, const Error& error) {
    const bool is_now = !can_be_read(now);
    if (!is_now && (!last_ || can_be_read(*last_))) return false;
    answer_.warnings.push_back(fmt::format("{} cannot be read, and is passed over: {}",
                                           name(is_now ? now : *last_), error.what()));
    if (!first_failure_) first_failure_ = error;
    if (!is_now) last_ = now;
    return true;
  }

  std::optional<Version> last_;  // that could be read
  bool has_read_ = false;
  std::optional<Error> first_failure_;
  HistoryAnswer answer_;
};

class FileHistory : public History {
  using History::History;

  void compare(const std::optional<Version>& last, const Version& now) override {
    if (!last || !last->is_there) {
      add(ChangeKind::added, last, now);
    } else if (!now.is_there) {
      add(ChangeKind::removed, last, now);
    } else {
      const auto changes =
          compare_snapshots(chunks_, snapshot(*last), snapshot(now), question_.path);
      if (changes.empty()) return;
      HistoryEvent& event = add(ChangeKind::changed, last, now);
      for (const FileChange& change : changes) event.differing += change.differing_after;
    }
  }
};

// Of what lies in a SQLite database.
class DatabaseHistory : public History {
  using History::History;

  bool can_be_read(const Version& version) const override {
    const FileEntry* const entry = file(version);
    if (entry == nullptr) return true;
    try {
      if (!is_sqlite_file(chunks_, *entry)) return false;
      FileReader reader(chunks_, *entry);
      const ComparedDatabase database(reader, name(version), stop_);
      SqliteQuery check(database, "PRAGMA integrity_check(1)");
      return check.step() && check.text(0) == "ok";
    } catch (const Error& error) {
      if (error.code() == ErrorCode::interrupted) throw;
      return false;
    }
  }

 protected:
  void require_database(const FileEntry* file) const {
    if (file == nullptr || !is_sqlite_file(chunks_, *file)) {
      throw Error(ErrorCode::usage,
                  fmt::format("{} is no SQLite database: --table and --key look into those",
                              question_.path));
    }
  }
  // What a module makes of them nobody has stored.
  void refuse_virtual(const SqliteSchema& schema) const {
    if (!schema.is_virtual(question_.table)) return;
    const std::vector<std::string> behind = schema.tables_behind(question_.table);
    throw Error(
        ErrorCode::usage,
        fmt::format("{} is a virtual table, which has no rows of its own: {}", question_.table,
                    behind.empty() ? "its module keeps none in the database"
                                   : fmt::format("its module keeps them in {}, whose history can "
                                                 "be asked for with --table",
                                                 fmt::join(behind, ", "))));
  }
};

class TableHistory : public DatabaseHistory {
  using DatabaseHistory::DatabaseHistory;

  void compare(const std::optional<Version>& last, const Version& now) override {
    const FileEntry* before = last && last->is_there ? file(last) : nullptr;
    const FileEntry* after = now.is_there ? file(now) : nullptr;
    if (before != nullptr && after != nullptr) {
      if (!have_equal_content(*before, *after)) compare_pair(last, *before, now, *after);
    } else if (after != nullptr) {
      compare_single(ChangeKind::added, last, now, *after, name(now));
    } else if (before != nullptr) {
      compare_single(ChangeKind::removed, last, now, *before, name(*last));
    } else {
      require_database(nullptr);
    }
  }

  void compare_pair(const std::optional<Version>& last, const FileEntry& before, const Version& now,
                    const FileEntry& after) {
    require_database(&after);
    const StoredPair pair(chunks_, before, name(*last), after, name(now), stop_);
    const auto change = pair.diff().compare(question_.table, {});
    std::vector<std::string> schema = schema_changes(pair.diff());
    if (!change) refuse_virtual(pair.diff().schema_after());
    if (!change) return;
    is_known_ = true;
    if (change->kind == ChangeKind::changed && !change->has_row_changes() && schema.empty()) return;
    HistoryEvent& event = add(change->kind, last, now);
    event.table = change;
    event.schema_changes = std::move(schema);
  }

  std::vector<std::string> schema_changes(const SqliteDiff& diff) const {
    std::vector<std::string> words;
    for (const SchemaChange& change : diff.schema()) {
      if (!same_name(change.object.table, question_.table)) continue;
      const char* word = change.kind == ChangeKind::added     ? "added"
                         : change.kind == ChangeKind::removed ? "removed"
                                                              : "changed";
      words.push_back(fmt::format("{} {} {}", change.object.type, change.object.name, word));
    }
    return words;
  }

  void compare_single(ChangeKind kind, const std::optional<Version>& last, const Version& now,
                      const FileEntry& entry, const std::string& label) {
    require_database(&entry);
    FileReader reader(chunks_, entry);
    const ComparedDatabase database(reader, label, stop_);
    const SqliteSchema schema = read_schema(database);
    const TableShape* const table = schema.find(question_.table);
    if (table == nullptr) return refuse_virtual(schema);
    is_known_ = true;
    SqliteQuery count(database, "SELECT count(*) FROM " + quoted_name(table->name));
    count.step();
    TableChange change{.name = table->name};
    (kind == ChangeKind::added ? change.added : change.removed) =
        static_cast<std::uint64_t>(count.number(0));
    add(kind, last, now).table = std::move(change);
  }

 public:
  bool is_known() const noexcept { return is_known_; }

 private:
  bool is_known_ = false;  // some version has the table
};

// The row of one version.
struct FoundRow {
  std::vector<std::string> columns;
  Row values;
  friend bool operator==(const FoundRow&, const FoundRow&) = default;
};

class RowHistory : public DatabaseHistory {
  using DatabaseHistory::DatabaseHistory;

  void compare(const std::optional<Version>& last, const Version& now) override {
    const FileEntry* before = file(last);
    const FileEntry* after = file(now);
    if (before != nullptr && after != nullptr && have_equal_content(*before, *after)) return;
    std::optional<FoundRow> found;
    if (now.is_there) {
      require_database(after);
      found = look_up(*after, name(now));
    }
    if (found == row_) return;
    HistoryEvent& event = add(!row_    ? ChangeKind::added
                              : !found ? ChangeKind::removed
                                       : ChangeKind::changed,
                              last, now);
    describe(event, found);
    row_ = std::move(found);
  }

  void describe(HistoryEvent& event, const std::optional<FoundRow>& found) const {
    TableChange table{.name = question_.table};
    RowChange change;
    change.kind = !row_ ? ChangeKind::added : !found ? ChangeKind::removed : ChangeKind::changed;
    table.columns = found ? found->columns : row_->columns;
    if (row_ && found && row_->columns != found->columns) {
      event.schema_changes = {"its columns changed"};
    }
    // Of other columns only what both have can be set side by side.
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      if (row_) change.before.push_back(value_in(*row_, table.columns[i]));
      if (found) change.after.push_back(found->values[i]);
    }
    event.table = std::move(table);
    event.row = std::move(change);
  }

  static SqlValue value_in(const FoundRow& row, const std::string& column) {
    const auto at = std::ranges::find(row.columns, column);
    if (at == row.columns.end()) return SqlNull{};
    return row.values[static_cast<std::size_t>(at - row.columns.begin())];
  }

  std::optional<FoundRow> look_up(const FileEntry& entry, const std::string& label) {
    FileReader reader(chunks_, entry);
    const ComparedDatabase database(reader, label, stop_);
    const SqliteSchema schema = read_schema(database);
    const TableShape* const found = schema.find(question_.table);
    if (found == nullptr) {
      refuse_virtual(schema);
      return std::nullopt;
    }
    const TableShape& table = *found;
    const std::vector<std::string> key =
        table.key.empty() ? std::vector<std::string>{table.rowid} : table.key;
    const std::vector<std::string> parts = parts_of_key(*question_.key, key.size());
    if (key.front().empty() || parts.size() != key.size()) {
      throw Error(
          ErrorCode::usage,
          fmt::format("the key of {} is ({}): write its values in this order, with commas "
                      "between, behind --key; one that has a comma in quotes: 'a,b', a blob as "
                      "X'00ff'",
                      table.name, quoted_names(key)));
    }
    std::string condition;
    for (const std::string& column : key) {
      condition += fmt::format("{}{} = ?", condition.empty() ? "" : " AND ",
                               table.key.empty() ? column : quoted_name(column));
    }
    SqliteQuery query(database,
                      fmt::format("SELECT {} FROM {} WHERE {}", quoted_names(table.column_names()),
                                  quoted_name(table.name), condition));
    for (std::size_t i = 0; i < key.size(); ++i) {
      const TableColumn* column = table.key.empty() ? nullptr : table.find(key[i]);
      query.bind(static_cast<int>(i) + 1, key_value(parts[i], column ? column->type : ""));
    }
    if (!query.step()) return std::nullopt;
    return FoundRow{table.column_names(), row_at(query.row(), 0)};
  }

  std::optional<FoundRow> row_;  // of the last version
};

}  // namespace

HistoryAnswer history_of(Repository& repository, const std::vector<Snapshot>& snapshots,
                         const HistoryQuestion& question, const std::stop_token& stop) {
  if (question.table.empty()) return FileHistory(repository, snapshots, question, stop).run();
  TableHistory tables(repository, snapshots, question, stop);
  if (!question.key) {
    HistoryAnswer answer = tables.run();
    if (!tables.is_known()) {
      throw Error(ErrorCode::not_found, fmt::format("{} has no table '{}' in any snapshot",
                                                    question.path, question.table));
    }
    return answer;
  }
  HistoryAnswer answer = RowHistory(repository, snapshots, question, stop).run();
  if (answer.events.empty()) {
    throw Error(ErrorCode::not_found,
                fmt::format("no snapshot has a row with the key {} in table '{}' of {}",
                            *question.key, question.table, question.path));
  }
  return answer;
}

}  // namespace varve
