#include "tools/drill/drill_folder.h"

#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "store/core/error.h"
#include "store/core/temporary_parent.h"
#include "tools/drill/left_processes.h"

namespace varve {
namespace {

namespace stdfs = std::filesystem;

constexpr std::string_view kPrefix = "varve-drill-";
constexpr std::string_view kUnfinished = "varve-begin-";  // not locked yet
constexpr mode_t kPassThrough = 0711;
constexpr std::uint64_t kMiB = 1u << 20;

Path lock_of(const Path& folder) { return folder / "lock"; }

Path make_unfinished() {
  const Path parent = temporary_parent();
  remove_abandoned_drills(parent);
  std::string name = (parent / (std::string(kUnfinished) + "XXXXXX")).native();
  if (::mkdtemp(name.data()) == nullptr) {
    throw system_error(errno, "cannot make a folder in " + parent.native());
  }
  return name;
}

FileLock lock_folder(const Path& folder) {
  std::optional<FileLock> lock = FileLock::try_acquire(lock_of(folder));
  if (!lock) throw Error(ErrorCode::locked, folder.native() + ": somebody else holds its lock");
  return std::move(*lock);
}

// A folder is seen by others only when its lock is held.
Path finished_name(const Path& unfinished) {
  const std::string random = unfinished.filename().native().substr(kUnfinished.size());
  return unfinished.parent_path() / (std::string(kPrefix) + random);
}

bool is_abandoned(const Path& folder) {
  struct stat status {};
  return ::lstat(folder.c_str(), &status) == 0 && S_ISDIR(status.st_mode) &&
         status.st_uid == ::geteuid() && !FileLock::is_held(lock_of(folder));
}

}  // namespace

void remove_abandoned_drills(const Path& parent) {
  std::error_code ignored;
  for (const auto& entry : stdfs::directory_iterator(parent, ignored)) {
    if (!entry.path().filename().native().starts_with(kPrefix)) continue;
    if (!is_abandoned(entry.path())) continue;
    end_processes_in(entry.path());
    stdfs::remove_all(entry.path(), ignored);
  }
}

DrillFolder::DrillFolder() : DrillFolder(make_unfinished()) {}

DrillFolder::DrillFolder(const Path& unfinished)
    : path_(finished_name(unfinished)), lock_(lock_folder(unfinished)) {
  if (::chmod(unfinished.c_str(), kPassThrough) != 0 ||
      ::rename(unfinished.c_str(), path_.c_str()) != 0) {
    throw system_error(errno, "cannot make " + path_.native());
  }
}

DrillFolder::~DrillFolder() {
  std::error_code ignored;
  stdfs::remove_all(path_, ignored);
}

void DrillFolder::require_space(std::uint64_t bytes, const std::string& what) const {
  struct statvfs disk {};
  if (::statvfs(path_.c_str(), &disk) != 0) {
    throw system_error(errno, "cannot ask for the free space of " + path_.native());
  }
  const std::uint64_t free = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  if (free >= bytes) return;
  throw Error(
      ErrorCode::no_space,
      fmt::format("the drill of {} needs about {} MiB in {}, and {} MiB are free there: free "
                  "some, or let TMPDIR name a folder on a larger disk",
                  what, bytes / kMiB + 1, path_.parent_path().native(), free / kMiB));
}

}  // namespace varve
