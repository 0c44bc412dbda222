// What lies in a folder, and below it: names and what the kernel says about them. Nothing is opened
// but folders.
#pragma once

#include <sys/stat.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/core/file.h"
#include "store/snapshots/snapshot.h"
#include "tools/sources/exclusion.h"
#include "tools/sources/file_stamp.h"

namespace varve {

struct FolderItem {
  std::string path;  // below the folder; empty: the folder itself
  FileType type = FileType::file;
  std::uint32_t mode = 0;  // up to 07777
  Owner owner;
  FileStamp stamp;
  bool has_holes = false;
  std::string target;  // of a link
};

struct FolderContent {
  std::vector<FolderItem> items;  // in the order of their paths, the folder itself first
  // What was passed over and why, one line each, the first few of a kind; whoever does not want to
  // hear of it excludes it.
  std::vector<std::string> warnings;
  bool is_complete = true;  // nothing was passed over that could not be read
};

// A folder held open. Symbolic links below it are never followed: what others do to the tree
// meanwhile leads nowhere else.
class Folder {
 public:
  explicit Folder(const Path& path);  // absolute; throws a failed Error where it cannot be opened

  const Path& path() const noexcept { return folder_.path(); }
  // Everything that is not excluded, on the folder's own filesystem. `skip`: a folder (the
  // repository) that is passed over without a word.
  FolderContent walk(const Exclusion& exclusion, const std::optional<Path>& skip) const;
  // A regular file below it; nothing where there is none any more.
  std::optional<File> open_file(const std::string& path) const;

 private:
  class Walk;
  File folder_;
};

}  // namespace varve
