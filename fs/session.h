// One FUSE session: made, mounted, served, unmounted.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "fs/filesystem.h"
#include "fs/mount_options.h"
#include "fs/operations.h"
#include "fs/watcher.h"

namespace varve {

class Session {
 public:
  // Mounts. `source` is what mount(8) and df show: the repository. Throws Error.
  Session(Filesystem& filesystem, const Path& mount_point, const std::string& source,
          const MountSettings& settings);
  ~Session();  // unmounts
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Until it is unmounted, or SIGTERM, SIGINT or SIGHUP comes. `ready` is called once, on
  // another thread, when the mount has answered a first request. Returns the exit status.
  int serve(const std::function<void()>& ready);

 private:
  struct Destroy {
    void operator()(fuse_session* session) const { fuse_session_destroy(session); }
  };

  Watcher::Actions watch(const std::function<void()>& ready);

  Path mount_point_;
  MountedFilesystem mounted_;
  std::unique_ptr<fuse_session, Destroy> session_;
};

}  // namespace varve
