#include "tools/sources/locked_folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "store/core/error.h"

namespace varve {
namespace {

namespace stdfs = std::filesystem;

constexpr std::string_view kUnfinished = "varve-begin-";  // not locked yet

std::string prefix_of(const LockedFolder::Kind& kind) { return "varve-" + kind.name + "-"; }

Path lock_of(const Path& folder) { return folder / "lock"; }

Path make_unfinished(const Path& parent, const LockedFolder::Kind& kind) {
  LockedFolder::remove_abandoned(parent, kind);
  std::string name = (parent / (std::string(kUnfinished) + "XXXXXX")).native();
  if (::mkdtemp(name.data()) == nullptr) {
    throw system_error(errno, "cannot make a folder in " + parent.native());
  }
  return name;
}

// A folder is seen by others only when its lock is held.
Path finished_name(const Path& unfinished, const LockedFolder::Kind& kind) {
  const std::string random = unfinished.filename().native().substr(kUnfinished.size());
  return unfinished.parent_path() / (prefix_of(kind) + random);
}

FileLock lock_folder(const Path& folder) {
  std::optional<FileLock> lock = FileLock::try_acquire(lock_of(folder));
  if (!lock) throw Error(ErrorCode::locked, folder.native() + ": somebody else holds its lock");
  return std::move(*lock);
}

bool is_abandoned(const Path& folder) {
  struct stat status {};
  return ::lstat(folder.c_str(), &status) == 0 && S_ISDIR(status.st_mode) &&
         status.st_uid == ::geteuid() && !FileLock::is_held(lock_of(folder));
}

}  // namespace

void LockedFolder::remove_abandoned(const Path& parent, const Kind& kind) {
  const std::string prefix = prefix_of(kind);
  std::error_code ignored;
  for (const auto& entry : stdfs::directory_iterator(parent, ignored)) {
    if (!entry.path().filename().native().starts_with(prefix)) continue;
    if (!is_abandoned(entry.path())) continue;
    if (kind.before_removal != nullptr) kind.before_removal(entry.path());
    stdfs::remove_all(entry.path(), ignored);
  }
}

LockedFolder::LockedFolder(const Path& parent, const Kind& kind)
    : LockedFolder(Unfinished{make_unfinished(parent, kind)}, kind) {}

LockedFolder::LockedFolder(const Unfinished& unfinished, const Kind& kind)
    : path_(finished_name(unfinished.path, kind)), lock_(lock_folder(unfinished.path)) {
  if (::chmod(unfinished.path.c_str(), kind.mode) != 0 ||
      ::rename(unfinished.path.c_str(), path_.c_str()) != 0) {
    throw system_error(errno, "cannot make " + path_.native());
  }
}

LockedFolder::~LockedFolder() {
  std::error_code ignored;
  stdfs::remove_all(path_, ignored);
}

}  // namespace varve
