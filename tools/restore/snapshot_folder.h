// The files of one snapshot, where other programs can read them: pg_restore takes a directory dump
// straight from the store, in parallel, without a copy.
//
// A mount of that snapshot alone in a private temporary folder, served by a second process of this
// program; where nothing can be mounted (no /dev/fuse in a container), the files are written out
// there. The mount goes with the object, and with this process, however it ends; files written out
// stay behind a SIGKILL.
#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "store/core/temporary_parent.h"
#include "store/repository/repository.h"
#include "tools/process/child_program.h"
#include "tools/sources/private_folder.h"

namespace varve {

struct SnapshotFolderSettings {
  // What serves the mount: this program, unless a test is one of its own.
  Path program = "/proc/self/exe";
  // The folder of the snapshot that will be read; nothing: all. More need not be there.
  std::optional<std::string> part = {};
  // Where the private folder is made.
  Path parent = temporary_parent();
};

// One thread makes and destroys it, as the mount ends with that thread; any may read the files.
class SnapshotFolder {
 public:
  // Throws an Error where the files can be neither mounted nor written out, an interrupted one when
  // `stop` asks for it.
  SnapshotFolder(Repository& repository, const Snapshot& snapshot, const std::stop_token& stop,
                 const SnapshotFolderSettings& settings = {});
  ~SnapshotFolder();
  SnapshotFolder(const SnapshotFolder&) = delete;
  SnapshotFolder& operator=(const SnapshotFolder&) = delete;

  // Holds the snapshot's files; this user and root can look into it.
  const Path& path() const noexcept { return path_; }
  bool is_mounted() const noexcept { return mount_.has_value(); }

 private:
  // Nothing where it worked, else why it did not.
  std::optional<std::string> mount(const Repository& repository, const Snapshot& snapshot,
                                   const std::stop_token& stop, const Path& program);

  PrivateFolder folder_;
  Path path_;
  std::optional<ChildProgram> mount_;
};

}  // namespace varve
