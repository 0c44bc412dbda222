#include "fs/mount_point.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <sstream>
#include <system_error>

#include "fs/mount_table.h"
#include "store/core/error.h"

namespace varve {
namespace {

[[noreturn]] void refuse(const Path& point, std::string_view why) {
  throw Error(ErrorCode::failed, fmt::format("cannot mount on {}: {}", point.native(), why));
}

void check_fuse(const Path& point) {
  if (::access("/dev/fuse", F_OK) != 0) {
    refuse(point, "this system has no /dev/fuse; load the fuse kernel module (modprobe fuse)");
  }
  if (::geteuid() != 0 && !is_installed("fusermount3")) {
    refuse(point, "fusermount3 is missing; install the package fuse3");
  }
}

void check_folder(const Path& point) {
  struct stat status {};
  if (::stat(point.c_str(), &status) != 0) {
    if (errno == ENOENT) refuse(point, "there is no such folder; create it first");
    if (errno == ENOTCONN) {
      refuse(point, fmt::format("a mount that died is in the way; varve umount {} removes it",
                                point.native()));
    }
    refuse(point, std::generic_category().message(errno));
  }
  if (!S_ISDIR(status.st_mode)) refuse(point, "it is not a folder");
}

void check_empty(const Path& point) {
  std::error_code fault;
  const std::filesystem::directory_iterator first(point, fault);
  if (fault) refuse(point, fault.message());
  if (first != std::filesystem::directory_iterator()) {
    refuse(point, "the folder is not empty; choose an empty one");
  }
}

}  // namespace

Path check_mount_point(const Path& point) {
  Path normal = normal_mount_point(point);
  const auto mounted = mounted_at(normal);
  if (mounted && mounted->type == kMountType) {
    refuse(normal, fmt::format("{} is mounted there already", mounted->source));
  }
  check_fuse(normal);
  check_folder(normal);
  // Looking into an automount point would wait for the very mount that is being made.
  if (!mounted || mounted->type != "autofs") check_empty(normal);
  return normal;
}

void check_outside_repository(const Path& point, const Path& repository) {
  const Path inner = std::filesystem::weakly_canonical(point);
  const Path outer = std::filesystem::weakly_canonical(repository);
  const auto [end, ignored] = std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end());
  if (end == outer.end()) {
    refuse(point, fmt::format("it is inside the repository {}; choose a folder outside",
                              repository.native()));
  }
}

bool is_installed(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path != nullptr ? path : "/usr/bin:/bin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (::access((Path(folder) / program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

}  // namespace varve
