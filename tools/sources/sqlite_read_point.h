// One moment of a live SQLite database, held still while its bytes are copied.
//
// The bytes are read as they are, not through SQLite's pages or its backup interface. That one
// writes two counters of its own into page 1, cannot copy a damaged file, and wants a second
// database to write to. Here SQLite only provides the locks.
//
// Rollback journal. A read transaction holds a SHARED lock on the database file, and while
// anybody holds one no writer may touch that file. So the file is the database: every byte of
// it is taken, whatever its length. A journal that a crashed writer left is refused: the file
// alone is then half of a transaction.
//
// Write-ahead log. Writers go on while we read. The database at our moment is, page by page,
// the last frame of the log that holds the page, among the frames committed up to our moment,
// or else the page in the database file. Three things are needed:
//
//  1. Our moment, as a frame number. SQLite does not tell which state a read transaction sees;
//     the header of the wal-index is the present state. It is copied before the transaction
//     begins and again after: if nothing was committed in between, then this is the state that
//     the transaction took. Else we begin another one. A commit takes far longer than a begin,
//     so a few tries do, under any writer.
//  2. That the log stays. A reader that needs the log holds one of the read locks 1 to 4, and
//     while anybody does the log is not started over. A reader that found all of the log in
//     the database file already holds read lock 0 instead; then the log may be started over at
//     any time and must not be looked at, but no checkpoint can write to the database file.
//     Which of both we are follows from the count of copied frames: it equals the last
//     frame's number if, and only if, the file alone is enough. The count is read between the
//     begin and the second copy of the header, so that it belongs to the same log. (If it has
//     risen since the transaction began we hold one of the other locks and could use the log,
//     but need not.)
//  3. That pages which we take from the database file stay. A checkpoint may run while we read,
//     up to the frame that our lock guards and no further, and it copies a page only if its
//     last frame of all lies below that. Such a page is one that we take from the log.
//
// The size is the page count of that state; pages that neither file has yet read as zeros, as
// they do for SQLite.
//
// Rejected: sqlite3_snapshot_get (not compiled into Debian's library); keeping writers out for
// the moment of the begin (a writer without a busy timeout would fail because of a backup).
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "tools/sources/file_stamp.h"
#include "tools/sources/read_transaction.h"
#include "tools/sources/sqlite_header.h"
#include "tools/sources/wal_overlay.h"

namespace varve {

class SqliteReadPoint {
 public:
  // `database` is absolute, without symbolic links, and begins with SQLite's magic or is
  // empty. Throws Error (sqlite_error.h) where it is locked, has a hot journal, or cannot be
  // opened; damage is no error.
  SqliteReadPoint(Path database, Patience patience);

  // As it is to be stored: in rollback mode, see leave_wal_mode.
  std::uint64_t size() const noexcept { return size_; }
  void read(std::uint64_t offset, MutableBytes out);  // within the size

  // The database's own, all zeros if the size is less.
  const SqliteHeader& header() const noexcept { return header_; }
  // SQLite's words where it could not begin a transaction at all: then the file's bytes are
  // read without one, and finish() makes sure that they did not change meanwhile.
  const std::optional<std::string>& damage() const noexcept { return damage_; }
  // After the last read. Throws a failed Error if what was read is not one state.
  void finish() const;

 private:
  bool try_open(ReadTransaction::Mode mode);
  bool pin_log_state();
  void find_log_state();
  void use_log(const WalState& state, const WalIndex& index, std::uint32_t backfilled);
  void read_without_transaction(std::string damage);
  void read_header();

  Path path_;
  Patience patience_;
  std::optional<ReadTransaction> transaction_;
  std::optional<OpenedSqliteFile> unlocked_;  // with damage
  std::optional<FileStamp> unlocked_stamp_;
  std::optional<SqliteFile> file_;
  std::optional<WalOverlay> overlay_;
  std::uint64_t size_ = 0;
  SqliteHeader header_;
  std::optional<std::string> damage_;
};

}  // namespace varve
