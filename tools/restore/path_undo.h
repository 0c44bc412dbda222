// The way back from a restore to a path: what its safety snapshot holds is put back, whatever it
// is.
//
// A file comes back byte for byte, with the owner and the permissions that it had. So does a
// database that was one file, and one that SQLite cannot open, with what lay beside it. A database
// that had a -wal or a hot -journal, and that SQLite can open, comes back with that laid in:
// several files cannot be put in the place of one in one step (replaced_database.h), one can. Files
// that a restore made where there was nothing stay. A link that is there is replaced itself,
// wherever it leads; what is only called like a companion, beside no database, is left alone.
//
// What is replaced by that is saved first, too: undoing once more undoes the undoing.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "tools/restore/safety_snapshot.h"

namespace varve {

struct UndoPlan {
  SafetySnapshot safety;
  bool is_one_file = false;  // with its companions; else files below a folder
  struct Group {
    const FileEntry* main = nullptr;                // of the snapshot
    std::vector<const FileEntry*> companions = {};  // of a database
    Path target;
    std::optional<struct stat> present = {};  // what is there now
    bool is_database = false;                 // what was there or is there now, and no link is
  };
  std::vector<Group> groups;
  std::vector<std::string> warnings;  // what cannot be put back
};

// From the safety snapshot that is `named`, else from the newest one. Throws a not_found Error
// where there is none of `target`, and a failed one where the last restore took none, or something
// stands there now that is no file.
UndoPlan plan_undo(Repository& repository, const Path& target, const std::string& host,
                   std::optional<Snapshot> named = {});

struct UndoSettings {
  bool safety = true;
  std::string host;
  std::stop_token stop;
};

struct UndoResult {
  std::vector<Path> files;  // put back
  std::optional<Snapshot> safety;
  std::vector<std::string> warnings;  // the plan's, and its own
};

// All that a restore promises holds: see path_restore.h. Of several files each is replaced in one
// step by itself.
UndoResult undo(Repository& repository, const UndoPlan& plan, const UndoSettings& settings);

}  // namespace varve
