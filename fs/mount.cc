#include "fs/mount.h"

#include <fmt/format.h>
#include <malloc.h>

#include <filesystem>
#include <utility>

#include "fs/daemon.h"
#include "fs/log.h"
#include "fs/mount_point.h"
#include "fs/session.h"
#include "store/core/error.h"

namespace varve {
namespace {

// How the process calls itself in locks/, and how unmount finds it there.
std::string description_of(const Path& mount_point) {
  return fmt::format("varve mount {}", mount_point.native());
}

int serve(const OpenRepository& open, const Path& mount_point, const MountSettings& settings,
          Log& log, Readiness& readiness) {
  // Threads that allocate a little each would otherwise keep an arena of the heap each; and chunks
  // come and go all the time, so their pages are not given back at once.
  ::mallopt(M_ARENA_MAX, 2);
  ::mallopt(M_TRIM_THRESHOLD, 16 << 20);
  ::mallopt(M_MMAP_THRESHOLD, 4 << 20);
  std::unique_ptr<Repository> repository = open();
  const Path repository_path = repository->path();
  check_outside_repository(mount_point, repository_path);
  Filesystem filesystem(std::move(repository), settings, description_of(mount_point), log);
  Session session(filesystem, mount_point, repository_path.native(), settings);
  // From here on every path is absolute: no folder is kept busy by a daemon that began in it.
  std::filesystem::current_path("/");
  log.info(fmt::format("mounted {} on {}", repository_path.native(), mount_point.native()));
  const int status = session.serve([&] { readiness.ready(); });
  log.info(fmt::format("unmounted {}", mount_point.native()));
  return status;
}

}  // namespace

int run_mount(const OpenRepository& open, const MountOptions& options) {
  const MountSettings settings = parse_mount_options(options.options);
  const Path mount_point = check_mount_point(options.mountpoint);
  if (options.foreground) {
    Log log(Log::Sink::standard_error);
    Readiness nobody_waits;
    return serve(open, mount_point, settings, log, nobody_waits);
  }
  run_in_background([&](Readiness& readiness) {
    Log log(Log::Sink::syslog);
    return serve(open, mount_point, settings, log, readiness);
  });
  return 0;
}

}  // namespace varve
