// The mount as the command line starts and ends it.
//
// A mount is read-only and serves until it is unmounted or gets SIGTERM or SIGINT.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "store/repository/repository.h"

namespace varve {

struct MountOptions {
  Path mountpoint;
  bool foreground = false;  // stay, and log to standard error; else a daemon, log to syslog
  // As in mount(8), see mount_options.h: "ro,allow_other,uid=,gid=,umask=,cache=SIZE,paranoid,
  // local,source=NAME,snapshot=NAME".
  std::string options;
};

using OpenRepository = std::function<std::unique_ptr<Repository>()>;

// Mounts what `open` opens; it is called in the process that serves, so nothing may have opened
// the repository or started a thread before. Returns the exit status: in the foreground when the
// mount has ended, else as soon as it is ready. Throws Error where it cannot be mounted.
int run_mount(const OpenRepository& open, const MountOptions& options);

// Unmounts, and waits until the mount's process has let go of the repository. Throws Error where
// nothing of varve's is mounted there, or a program has a file open on it.
void unmount(const Path& mountpoint);

}  // namespace varve
