#include "fs/session.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cstdarg>
#include <cstdio>
#include <fstream>
#include <mutex>
#include <utility>

#include "fs/end_signals.h"
#include "store/core/error.h"

namespace varve {
namespace {

constexpr unsigned kThreads = 10;

// What libfuse said last: the reason, when one of its calls fails.
class FuseMessages {
 public:
  static FuseMessages& instance() {
    static FuseMessages messages;
    return messages;
  }

  static void take(fuse_log_level, const char* format, va_list arguments) {
    std::array<char, 512> text{};
    std::vsnprintf(text.data(), text.size(), format, arguments);
    std::string line(text.data());
    while (line.ends_with('\n')) line.pop_back();
    const std::lock_guard lock(instance().mutex_);
    instance().last_ = line;
  }

  std::string last() {
    const std::lock_guard lock(mutex_);
    return last_;
  }

 private:
  std::mutex mutex_;
  std::string last_;  // guarded by mutex_
};

class Arguments {
 public:
  Arguments() { add("varve"); }
  ~Arguments() { fuse_opt_free_args(&arguments_); }
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;

  void add(const std::string& argument) {
    if (fuse_opt_add_arg(&arguments_, argument.c_str()) != 0) throw std::bad_alloc();
  }
  void add_option(const std::string& name, std::string_view value = {}) {
    std::string text = name;
    if (!value.empty()) text += '=';
    for (const char c : value) {  // libfuse splits at commas
      if (c == ',' || c == '\\') text += '\\';
      text += c;
    }
    add("-o");
    add(text);
  }
  fuse_args* get() noexcept { return &arguments_; }

 private:
  fuse_args arguments_{};
};

Error cannot_mount(const Path& point) {
  std::string reason = FuseMessages::instance().last();
  if (reason.starts_with("fuse: ")) reason.erase(0, 6);
  return Error(ErrorCode::failed,
               fmt::format("cannot mount on {}: {}", point.native(),
                           reason.empty() ? "fusermount3 refused it (see above)" : reason));
}

// The kernel reads ahead 128 KiB unless root says more. Left alone where it cannot be said.
void widen_kernel_read_ahead(dev_t device) {
  std::ofstream file(
      fmt::format("/sys/class/bdi/{}:{}/read_ahead_kb", major(device), minor(device)));
  file << kLargestRead / 1024;
}

struct LoopConfig {
  LoopConfig() : config(fuse_loop_cfg_create()) {
    if (config == nullptr) throw std::bad_alloc();
    fuse_loop_cfg_set_clone_fd(config, 1);
    fuse_loop_cfg_set_max_threads(config, kThreads);
    fuse_loop_cfg_set_idle_threads(config, kThreads);
  }
  ~LoopConfig() { fuse_loop_cfg_destroy(config); }
  LoopConfig(const LoopConfig&) = delete;
  LoopConfig& operator=(const LoopConfig&) = delete;

  fuse_loop_config* config;
};

}  // namespace

Session::Session(Filesystem& filesystem, const Path& mount_point, const std::string& source,
                 const MountSettings& settings)
    : mount_point_(mount_point), mounted_{filesystem, nullptr} {
  fuse_set_log_func(FuseMessages::take);
  Arguments arguments;
  arguments.add_option("ro");
  arguments.add_option("default_permissions");
  arguments.add_option("subtype", "varve");
  arguments.add_option("fsname", source);
  arguments.add_option("max_read", std::to_string(kLargestRead));
  for (const std::string& option : settings.kernel) arguments.add_option(option);
  const fuse_lowlevel_ops operations = fuse_operations();
  session_.reset(fuse_session_new(arguments.get(), &operations, sizeof operations, &mounted_));
  if (!session_) throw cannot_mount(mount_point);
  mounted_.session = session_.get();
  if (fuse_session_mount(session_.get(), mount_point.c_str()) != 0) {
    throw cannot_mount(mount_point);
  }
}

Session::~Session() { fuse_session_unmount(session_.get()); }

Watcher::Actions Session::watch(const std::function<void()>& ready) {
  Watcher::Actions actions;
  actions.at_start = [this, ready] {
    struct stat root {};
    if (::stat(mount_point_.c_str(), &root) == 0) widen_kernel_read_ahead(root.st_dev);
    ready();
  };
  actions.changed = [this](const Listing* before, const Listing& now) {
    call_off_names(session_.get(), before, now);
  };
  actions.every_time = [this] {
    mounted_.filesystem.settle();
    // Unmounted from outside: the loop waits for its threads, and they for what they compute.
    if (fuse_session_exited(session_.get()) != 0) mounted_.filesystem.stop();
  };
  return actions;
}

int Session::serve(const std::function<void()>& ready) {
  const LoopConfig loop;
  Filesystem& filesystem = mounted_.filesystem;
  const EndSignalsBlocked blocked;
  Watcher watcher(filesystem.list(), watch(ready), filesystem.log());
  int status = 0;
  {
    const EndSignals signals([&] {
      // While requests are still answered, so that what the watcher waits for comes.
      watcher.stop();
      filesystem.stop();
      fuse_session_exit(session_.get());
    });
    status = fuse_session_loop_mt(session_.get(), loop.config);
  }
  // Unmounted from outside, every request has failed by now: nothing keeps the watcher.
  watcher.stop();
  filesystem.stop();
  fuse_session_unmount(session_.get());
  return status < 0 ? 1 : 0;
}

}  // namespace varve
