// A database that a restore fills before it gets its name, and what becomes of it when the restore
// is killed.
//
// It is called NAME_restoring_DATE and marked so (database_mark.h). While its restore lives, that
// one holds an advisory lock of the server by that name, which goes with its session. So the next
// restore of NAME knows which of them nobody fills any more.
#pragma once

#include <string>
#include <vector>

#include "tools/restore/postgres_admin.h"

namespace varve {

class FillingDatabase {
 public:
  // Makes it. `admin` holds the lock: its connection must live as long. Throws a PostgresError.
  FillingDatabase(PostgresAdmin& admin, const std::string& repository, Timestamp since,
                  const DatabaseShape& shape);
  ~FillingDatabase();  // drops it, unless it was kept
  FillingDatabase(const FillingDatabase&) = delete;
  FillingDatabase& operator=(const FillingDatabase&) = delete;

  const std::string& name() const noexcept { return name_; }
  void keep() noexcept { is_kept_ = true; }

 private:
  void mark(const std::string& repository, Timestamp since);
  void drop() noexcept;

  PostgresAdmin& admin_;
  const std::string name_;
  bool is_kept_ = false;
};

// Drops those of the target that nobody fills any more. Returns what to tell, a line each: of them,
// and of databases that are only called so.
std::vector<std::string> drop_left_databases(PostgresAdmin& admin);

}  // namespace varve
