#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <thread>

#include "fs/mount.h"
#include "fs/mount_point.h"
#include "fs/mount_table.h"
#include "store/core/error.h"
#include "store/repository/reader_session.h"

namespace varve {
namespace {

constexpr std::chrono::seconds kLongestFarewell{10};

[[noreturn]] void refuse(const Path& point, const std::string& why) {
  throw Error(ErrorCode::failed, fmt::format("cannot unmount {}: {}", point.native(), why));
}

[[noreturn]] void refuse_busy(const Path& point) {
  refuse(point, fmt::format("a program has a file open or its working folder under it; close it, "
                            "or use fusermount3 -uz {}",
                            point.native()));
}

void unmount_as_root(const Path& point) {
  if (::umount2(point.c_str(), UMOUNT_NOFOLLOW) == 0) return;
  if (errno == EBUSY) refuse_busy(point);
  throw system_error(errno, fmt::format("cannot unmount {}", point.native()));
}

// fusermount3's own words are replaced by ours.
int run_fusermount(const Path& point) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  std::array<std::string, 4> words{"fusermount3", "-u", "--", point.native()};
  std::array<char*, 5> arguments{words[0].data(), words[1].data(), words[2].data(), words[3].data(),
                                 nullptr};
  pid_t child = 0;
  const int fault =
      ::posix_spawnp(&child, "fusermount3", &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (fault != 0) throw system_error(fault, "cannot run fusermount3");
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

void unmount_as_user(const Path& point) {
  if (!is_installed("fusermount3")) {
    refuse(point, "fusermount3 is missing; install the package fuse3");
  }
  if (run_fusermount(point) == 0) return;
  refuse(point, fmt::format("it belongs to another user, or a program has a file open under it; "
                            "close it, or use fusermount3 -uz {}",
                            point.native()));
}

// The mount's process ends by itself; who unmounts may want to move the repository at once.
void wait_for_farewell(const MountEntry& mount) {
  const std::string reader = fmt::format("varve mount {}, ", mount.point.native());
  const auto give_up = std::chrono::steady_clock::now() + kLongestFarewell;
  while (std::chrono::steady_clock::now() < give_up && has_reader(mount.source, reader)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

}  // namespace

void unmount(const Path& mountpoint) {
  const Path point = normal_mount_point(mountpoint);
  const auto mounted = mounted_at(point);
  if (!mounted) refuse(point, "nothing is mounted there");
  if (mounted->type != kMountType) {
    refuse(point, fmt::format("what is mounted there ({}) is not varve's", mounted->type));
  }
  if (::geteuid() == 0) {
    unmount_as_root(point);
  } else {
    unmount_as_user(point);
  }
  wait_for_farewell(*mounted);
}

}  // namespace varve
