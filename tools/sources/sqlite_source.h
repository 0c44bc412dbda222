// A live SQLite database as a source: one file, byte for byte the database at one moment.
//
// How the moment is held still and read: sqlite_read_point.h. The stored file is in rollback
// mode, so that any program can open it on a read-only mount; the fact "journal_mode" says what
// the source had. A database that is too damaged for SQLite to begin a transaction on is copied
// as it lies there, with a warning; verification will say what is wrong with it.
#pragma once

#include <chrono>
#include <optional>

#include "store/core/file.h"
#include "store/ingest/source.h"
#include "tools/sources/sqlite_read_point.h"

namespace varve {

class SqliteSource : public Source {
 public:
  // `name` is the source's name and the file's path in the snapshot. Looks at nothing yet.
  SqliteSource(const Path& path, std::string name, Patience patience = {});

  std::string name() const override { return name_; }
  std::string kind() const override { return "sqlite"; }
  std::string location() const override { return path_.string(); }

  // Both throw a failed Error for what is no file that can be read, or holds no database.
  Bytes fingerprint() override;
  // Besides, see SqliteReadPoint.
  void open() override;
  // After open(): what is known about the database, as copy() tells it.
  std::map<std::string, std::string> facts() const;
  // Lets go of the database at its end.
  SourceInfo copy(SnapshotBuilder& builder) override;

 private:
  void warn_of_damage(SnapshotBuilder& builder) const;

  Path path_;  // absolute
  std::string name_;
  Patience patience_;
  std::optional<SqliteReadPoint> read_point_;
  std::uint32_t mode_ = 0;  // permission bits
  Owner owner_;
  Timestamp moment_;
};

}  // namespace varve
