// A write-ahead log that lies beside a database that nobody has open: a copy of both files.
//
// What SQLite would make of them when it opens the database, without opening it: SQLite would
// write into the folder (-shm, and the log into the database). The log is read frame by frame, as
// SQLite's recovery does, up to the last one that ends a transaction and whose checksum is right;
// what follows was never committed. Format: https://sqlite.org/fileformat2.html#walformat
#pragma once

#include <optional>

#include "tools/import/read_bytes.h"
#include "tools/sources/sqlite_file.h"
#include "tools/sources/wal_overlay.h"

namespace varve {

// Not thread-safe. The file must stay as it is, as long as this lives.
class WriteAheadLog {
 public:
  // Reads all of it. Throws an io Error.
  explicit WriteAheadLog(const Path& path);

  // It does not even begin as a log does: SQLite would take the database without it.
  bool is_damaged() const noexcept { return is_damaged_; }
  // Whether it holds a transaction that was committed.
  bool holds_anything() const noexcept { return overlay_.has_value(); }
  // Of the database after its last transaction, in bytes. For a log that holds something.
  std::uint64_t database_size() const;
  // As WalOverlay's.
  void lay_over(std::uint64_t offset, MutableBytes piece) { overlay_->lay_over(offset, piece); }

 private:
  void recover();

  OpenedSqliteFile file_;
  WalState state_;
  std::optional<WalOverlay> overlay_;
  bool is_damaged_ = false;
};

// A database as it comes, with the log laid in and marked as one in rollback mode: what
// SqliteSource would store of the two.
class LaidInDatabase {
 public:
  LaidInDatabase(ReadBytes database, WriteAheadLog& log);  // which must outlive it

  std::size_t read(MutableBytes out);  // as ReadBytes

 private:
  std::size_t read_database(MutableBytes out);

  const ReadBytes database_;
  WriteAheadLog& log_;
  std::uint64_t offset_ = 0;
  bool has_ended_ = false;  // the database; its log may know more pages
};

}  // namespace varve
