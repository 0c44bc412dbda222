#include "tools/drill/drill_folder.h"

#include <fmt/format.h>
#include <sys/statvfs.h>

#include <cerrno>

#include "store/core/error.h"
#include "tools/drill/left_processes.h"

namespace varve {
namespace {

constexpr mode_t kPassThrough = 0711;
constexpr std::uint64_t kMiB = 1u << 20;

LockedFolder::Kind drill() {
  return {.name = "drill", .mode = kPassThrough, .before_removal = end_processes_in};
}

}  // namespace

void remove_abandoned_drills(const Path& parent) {
  LockedFolder::remove_abandoned(parent, drill());
}

DrillFolder::DrillFolder() : folder_(std::filesystem::temp_directory_path(), drill()) {}

void DrillFolder::require_space(std::uint64_t bytes, const std::string& what) const {
  struct statvfs disk {};
  if (::statvfs(path().c_str(), &disk) != 0) {
    throw system_error(errno, "cannot ask for the free space of " + path().native());
  }
  const std::uint64_t free = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  if (free >= bytes) return;
  throw Error(
      ErrorCode::no_space,
      fmt::format("the drill of {} needs about {} MiB in {}, and {} MiB are free there: free "
                  "some, or let TMPDIR name a folder on a larger disk",
                  what, bytes / kMiB + 1, path().parent_path().native(), free / kMiB));
}

}  // namespace varve
