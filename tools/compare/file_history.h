// In which snapshots a file changed, a table in it, or one row.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "store/repository/repository.h"
#include "tools/compare/sqlite_diff.h"

namespace varve {

// Whose history: a file (or all below a folder), a table of a SQLite database, or one row of it.
struct HistoryQuestion {
  std::string path;
  std::string table = {};  // empty: the file
  // Empty: the table. Else the primary key as a person writes it, several columns with commas
  // between; of a table without one the rowid.
  std::optional<std::string> key = {};
};

struct HistoryEvent {
  // added: it appeared; removed: it vanished.
  ChangeKind kind = ChangeKind::changed;
  std::size_t snapshot = 0;                      // that shows it first: place in `snapshots`
  std::optional<std::size_t> previous = {};      // the one before it that tells anything
  std::uint64_t size = 0;                        // of the file, or of all files
  std::uint64_t differing = 0;                   // bytes in chunks that the version before had not
  std::optional<TableChange> table = {};         // how many rows; of a row its table's columns
  std::vector<std::string> schema_changes = {};  // of the table: "index users_by_name added"
  std::optional<RowChange> row = {};
};

struct HistoryAnswer {
  std::vector<HistoryEvent> events;   // newest first
  std::vector<std::string> warnings;  // versions of a database that cannot be read: passed over
};

// A snapshot of other sources tells nothing about the file, and is passed over in silence.
// Throws a not_found Error where no snapshot has what is asked for; usage where it is no database,
// or the key has another number of columns; what kept it from reading any version.
HistoryAnswer history_of(Repository& repository, const std::vector<Snapshot>& snapshots,
                         const HistoryQuestion& question, const std::stop_token& stop);

}  // namespace varve
