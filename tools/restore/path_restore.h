// A restore of files and SQLite databases to paths, with all that makes it safe: nobody uses what
// is replaced, it is saved first, what comes back is proven before it takes its place.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "store/restore/restore.h"
#include "tools/restore/database_attendant.h"
#include "tools/restore/path_plan.h"

namespace varve {

struct PathRestoreSettings {
  bool safety = true;    // a safety snapshot of what is replaced
  bool force = false;    // a snapshot that fails its check is taken all the same
  bool replace = false;  // what is there is replaced; else an Error
  // How databases are checked before they take their place; nothing: in full where one is replaced
  // or goes back to where it came from, elsewhere not.
  enum class Check { automatic, none, quick, full };
  Check check = Check::automatic;
  unsigned threads = 2;
  std::string host;
  std::function<void(std::uint64_t done, std::uint64_t all)> progress;
  std::stop_token stop;
};

struct PathRestoreResult {
  RestoreResult restored;
  std::optional<Snapshot> safety;
  std::vector<DatabaseResult> databases;  // those that were checked
  std::vector<std::string> wal_mode;      // paths in the snapshot that got their WAL mode back
  std::vector<std::string> warnings;
};

// Whether a database that was in WAL mode gets that back: it replaces something, or goes to where
// it came from. Elsewhere it is a copy to look at, byte for byte as it is stored.
bool goes_live(const Snapshot& snapshot, const PlannedFile& file);
// How it is checked before it takes its place; nothing: not at all, or it is no database.
std::optional<VerifyLevel> check_of(const Snapshot& snapshot, const PlannedFile& file,
                                    PathRestoreSettings::Check asked);
// What mode it was in ("wal", "delete"…); empty where that is not known.
std::string journal_mode_of(const Snapshot& snapshot, const FileEntry& file);

// What can be seen beforehand: throws as restore_paths would where a snapshot has not passed its
// verification, or a database is in use. With `force` the former is returned, as warnings.
std::vector<std::string> look_beforehand(Repository& repository, const Snapshot& snapshot,
                                         const PathPlan& plan, bool force);

// `plan` as plan_paths made it. Throws an Error, with what was there as it was: locked where a
// database is used, failed where something is in the way or does not pass; others as they come.
PathRestoreResult restore_paths(Repository& repository, const Snapshot& snapshot,
                                const PathSelection& selection, const PathPlan& plan,
                                const PathRestoreSettings& settings);

}  // namespace varve
