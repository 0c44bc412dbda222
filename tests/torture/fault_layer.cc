// Stands between a program and the C library (LD_PRELOAD), and makes one of the calls that change
// files fail: the real program, SQLite's own files included, with a fault at an exact place.
//
// The environment says what happens:
//   VARVE_FAULT_UNDER  folders separated by ':'; calls on what lies in them are counted
//   VARVE_FAULT_AT     the number of the call that is hit, from 1; 0: none is
//   VARVE_FAULT_KIND   EIO, ENOSPC, EINTR; "short" (half of a write is done); "kill" (SIGKILL
//   before
//                      the call); "torn" (SIGKILL after half of a write, else before the call)
//   VARVE_FAULT_STICKY not empty: every later call fails the same way
//   VARVE_FAULT_COUNT  a file of 8 bytes that holds the number of calls so far, shared by all
//                      processes that inherit the environment
//   VARVE_FAULT_TRACE  a file to which what was done is appended (file_trace.h)
//
// Calls that the kernel itself refuses count as well, but are not traced. Memory that is mapped is
// not seen: varve maps nothing that it writes to, and SQLite only its WAL's index, which no crash
// survives.
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "tests/torture/file_trace.h"

namespace varve::torture {
namespace {

enum class Verdict { pass, fail, half, half_then_die };

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

class Layer {
 public:
  static Layer& instance() {
    static Layer* const layer = new Layer;  // never destroyed: files are closed by exit handlers
    return *layer;
  }

  bool watches(std::string_view path) const {
    return std::any_of(under_.begin(), under_.end(), [&](const std::string& folder) {
      return path.starts_with(folder) &&
             (path.size() == folder.size() || path[folder.size()] == '/');
    });
  }

  // What is to become of this call on a watched file. Dies here where it is to die before it.
  Verdict next(bool is_write) {
    const std::uint64_t number = counter_->fetch_add(1) + 1;
    if (at_ == 0 || number < at_ || (number > at_ && !sticky_)) return Verdict::pass;
    if (kind_ == "kill" || (kind_ == "torn" && !is_write)) die();
    if (kind_ == "torn") return Verdict::half_then_die;
    if (kind_ == "short") return is_write ? Verdict::half : Verdict::pass;
    return Verdict::fail;
  }

  int fault() const {
    if (kind_ == "ENOSPC") return ENOSPC;
    return kind_ == "EINTR" ? EINTR : EIO;
  }

  [[noreturn]] static void die() {
    ::syscall(SYS_kill, ::getpid(), SIGKILL);
    while (true) ::pause();
  }

  bool traces() const { return trace_ >= 0; }
  // Held over a call and its record, so that records stand in the order in which things were done.
  std::unique_lock<std::mutex> in_order() {
    return traces() ? std::unique_lock(mutex_) : std::unique_lock<std::mutex>();
  }
  void trace(const TraceRecord& record) const {
    const std::string bytes = encode(record);
    if (traces()) ::syscall(SYS_write, trace_, bytes.data(), bytes.size());
  }

 private:
  Layer()
      : at_(std::strtoull(variable("VARVE_FAULT_AT").c_str(), nullptr, 10)),
        kind_(variable("VARVE_FAULT_KIND")),
        sticky_(!variable("VARVE_FAULT_STICKY").empty()) {
    const std::string under = variable("VARVE_FAULT_UNDER");
    for (std::size_t from = 0; from < under.size();) {
      const std::size_t to = std::min(under.find(':', from), under.size());
      under_.push_back(under.substr(from, to - from));
      from = to + 1;
    }
    share_counter(variable("VARVE_FAULT_COUNT"));
    const std::string trace = variable("VARVE_FAULT_TRACE");
    if (!trace.empty()) trace_ = open_file(trace, O_WRONLY | O_APPEND);
  }

  static int open_file(const std::string& path, int flags) {
    return static_cast<int>(
        ::syscall(SYS_openat, AT_FDCWD, path.c_str(), flags | O_CREAT | O_CLOEXEC, 0600));
  }

  void share_counter(const std::string& path) {
    if (path.empty()) return;
    const int fd = open_file(path, O_RDWR);
    if (::syscall(SYS_ftruncate, fd, sizeof *counter_) != 0) return;
    void* const memory =
        ::mmap(nullptr, sizeof *counter_, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory != MAP_FAILED) counter_ = static_cast<std::atomic<std::uint64_t>*>(memory);
    ::syscall(SYS_close, fd);
  }

  std::vector<std::string> under_;
  const std::uint64_t at_;
  const std::string kind_;
  const bool sticky_;
  std::atomic<std::uint64_t> own_counter_ = 0;
  std::atomic<std::uint64_t>* counter_ = &own_counter_;
  int trace_ = -1;
  std::mutex mutex_;
};

std::string link_target(const char* link) {
  char path[PATH_MAX];
  const ssize_t size = ::readlink(link, path, sizeof path);
  return size <= 0 ? std::string() : std::string(path, static_cast<std::size_t>(size));
}

std::string path_of(int fd) {
  char link[40];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  return link_target(link);
}

std::string path_of(int folder, const char* name) {
  if (name == nullptr || *name == '/') return name == nullptr ? "" : name;
  return (folder == AT_FDCWD ? link_target("/proc/self/cwd") : path_of(folder)) + "/" + name;
}

std::uint64_t inode_of(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 ? status.st_ino : 0;
}

std::uint64_t inode_of(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

long refused(int why) {
  errno = why;
  return -1;
}

// A call that is done wholly or not at all.
template <class Call>
long change(bool watched, const Call& call, const TraceRecord& record) {
  if (!watched) return call();
  Layer& layer = Layer::instance();
  if (layer.next(false) == Verdict::fail) return refused(layer.fault());
  const auto order = layer.in_order();
  const long result = call();
  if (result >= 0) layer.trace(record);
  return result;
}

template <class Call>
long change_bytes(int fd, FileCall kind, std::uint64_t offset, const Call& call) {
  const std::string path = path_of(fd);
  return change(Layer::instance().watches(path), call,
                {.call = kind, .inode = inode_of(fd), .offset = offset, .path = path});
}

// `call` writes so many of the bytes.
template <class Call>
ssize_t write_bytes(int fd, const void* bytes, std::size_t size, std::uint64_t offset,
                    const Call& call) {
  Layer& layer = Layer::instance();
  const std::string path = path_of(fd);
  if (!layer.watches(path)) {
    if (fd == STDOUT_FILENO && layer.traces()) {
      layer.trace({.data = std::string(static_cast<const char*>(bytes), size)});
    }
    return call(size);
  }
  const Verdict verdict = layer.next(true);
  if (verdict == Verdict::fail) return refused(layer.fault());
  const auto order = layer.in_order();
  const ssize_t count = call(verdict == Verdict::pass ? size : (size + 1) / 2);
  if (verdict == Verdict::half_then_die) Layer::die();
  if (count > 0) {
    layer.trace(
        {.call = FileCall::write,
         .inode = inode_of(fd),
         .offset = offset,
         .path = path,
         .data = std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(count))});
  }
  return count;
}

std::uint64_t position_of(int fd) {
  const bool appends = (::fcntl(fd, F_GETFL) & O_APPEND) != 0;
  struct stat status {};
  if (appends && ::fstat(fd, &status) == 0) return static_cast<std::uint64_t>(status.st_size);
  return static_cast<std::uint64_t>(std::max<off_t>(::lseek(fd, 0, SEEK_CUR), 0));
}

ssize_t write_at(int fd, const void* bytes, std::size_t size, off_t offset) {
  return write_bytes(fd, bytes, size, static_cast<std::uint64_t>(offset), [&](std::size_t some) {
    return ::syscall(SYS_pwrite64, fd, bytes, some, offset);
  });
}

int resize(int fd, off_t size) {
  return static_cast<int>(change_bytes(fd, FileCall::resize, static_cast<std::uint64_t>(size),
                                       [&] { return ::syscall(SYS_ftruncate, fd, size); }));
}

int sync(int fd, long number) {
  struct stat status {};
  const bool is_folder = ::fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
  return static_cast<int>(change_bytes(fd, is_folder ? FileCall::sync_folder : FileCall::sync, 0,
                                       [&] { return ::syscall(number, fd); }));
}

int name_call(FileCall kind, const std::string& path, const std::string& other, auto call) {
  const Layer& layer = Layer::instance();
  const bool watched = layer.watches(path) || (!other.empty() && layer.watches(other));
  return static_cast<int>(
      change(watched, call,
             {.call = kind, .inode = watched ? inode_of(path) : 0, .path = path, .other = other}));
}

// Only what makes or empties a file changes anything.
int open_at(int folder, const char* name, int flags, mode_t mode) {
  const auto call = [&] { return ::syscall(SYS_openat, folder, name, flags, mode); };
  if ((flags & (O_CREAT | O_TRUNC)) == 0 || (flags & O_TMPFILE) == O_TMPFILE) {
    return static_cast<int>(call());
  }
  Layer& layer = Layer::instance();
  const std::string path = path_of(folder, name);
  const bool is_new = inode_of(path) == 0;
  if (!layer.watches(path) || (!is_new && (flags & O_TRUNC) == 0)) return static_cast<int>(call());
  if (layer.next(false) == Verdict::fail) return static_cast<int>(refused(layer.fault()));
  const auto order = layer.in_order();
  const int fd = static_cast<int>(call());
  if (fd >= 0) {
    layer.trace({.call = is_new ? FileCall::create : FileCall::resize,
                 .inode = inode_of(fd),
                 .path = path});
  }
  return fd;
}

mode_t mode_argument(int flags, va_list arguments) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? static_cast<mode_t>(va_arg(arguments, int)) : 0;
}

}  // namespace
}  // namespace varve::torture

// The C library's names. Their declarations have attributes and exceptions that ours need not
// repeat, as they are never called by that name here.
#define VARVE_EXPORT extern "C" __attribute__((visibility("default")))

using namespace varve::torture;  // NOLINT: these functions are its only users

#define VARVE_OPEN(NAME)                                    \
  VARVE_EXPORT int NAME(const char* name, int flags, ...) { \
    va_list arguments;                                      \
    va_start(arguments, flags);                             \
    const mode_t mode = mode_argument(flags, arguments);    \
    va_end(arguments);                                      \
    return open_at(AT_FDCWD, name, flags, mode);            \
  }
VARVE_OPEN(open)
VARVE_OPEN(open64)

#define VARVE_OPENAT(NAME)                                              \
  VARVE_EXPORT int NAME(int folder, const char* name, int flags, ...) { \
    va_list arguments;                                                  \
    va_start(arguments, flags);                                         \
    const mode_t mode = mode_argument(flags, arguments);                \
    va_end(arguments);                                                  \
    return open_at(folder, name, flags, mode);                          \
  }
VARVE_OPENAT(openat)
VARVE_OPENAT(openat64)

VARVE_EXPORT int creat(const char* name, mode_t mode) {
  return open_at(AT_FDCWD, name, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

VARVE_EXPORT ssize_t write(int fd, const void* bytes, size_t size) {
  const std::uint64_t offset = Layer::instance().traces() ? position_of(fd) : 0;
  return write_bytes(fd, bytes, size, offset,
                     [&](size_t some) { return ::syscall(SYS_write, fd, bytes, some); });
}
VARVE_EXPORT ssize_t pwrite(int fd, const void* bytes, size_t size, off_t offset) {
  return write_at(fd, bytes, size, offset);
}
VARVE_EXPORT ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t offset) {
  return write_at(fd, bytes, size, offset);
}

VARVE_EXPORT int ftruncate(int fd, off_t size) noexcept { return resize(fd, size); }
VARVE_EXPORT int ftruncate64(int fd, off64_t size) noexcept { return resize(fd, size); }
VARVE_EXPORT int fsync(int fd) { return sync(fd, SYS_fsync); }
VARVE_EXPORT int fdatasync(int fd) { return sync(fd, SYS_fdatasync); }

VARVE_EXPORT int fallocate(int fd, int mode, off_t offset, off_t size) {
  return static_cast<int>(
      change_bytes(fd, FileCall::extend, static_cast<std::uint64_t>(offset + size),
                   [&] { return ::syscall(SYS_fallocate, fd, mode, offset, size); }));
}
VARVE_EXPORT int fallocate64(int fd, int mode, off64_t offset, off64_t size) {
  return fallocate(fd, mode, offset, size);
}

VARVE_EXPORT int renameat2(int folder, const char* from, int other, const char* to,
                           unsigned flags) noexcept {
  return name_call(FileCall::rename, path_of(folder, from), path_of(other, to),
                   [&] { return ::syscall(SYS_renameat2, folder, from, other, to, flags); });
}
VARVE_EXPORT int renameat(int folder, const char* from, int other, const char* to) noexcept {
  return renameat2(folder, from, other, to, 0);
}
VARVE_EXPORT int rename(const char* from, const char* to) noexcept {
  return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

VARVE_EXPORT int linkat(int folder, const char* from, int other, const char* to,
                        int flags) noexcept {
  return name_call(FileCall::link, path_of(folder, from), path_of(other, to),
                   [&] { return ::syscall(SYS_linkat, folder, from, other, to, flags); });
}
VARVE_EXPORT int link(const char* from, const char* to) noexcept {
  return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

VARVE_EXPORT int unlinkat(int folder, const char* name, int flags) noexcept {
  const FileCall kind = (flags & AT_REMOVEDIR) != 0 ? FileCall::remove_folder : FileCall::unlink;
  return name_call(kind, path_of(folder, name), "",
                   [&] { return ::syscall(SYS_unlinkat, folder, name, flags); });
}
VARVE_EXPORT int unlink(const char* name) noexcept { return unlinkat(AT_FDCWD, name, 0); }
VARVE_EXPORT int rmdir(const char* name) noexcept { return unlinkat(AT_FDCWD, name, AT_REMOVEDIR); }
VARVE_EXPORT int remove(const char* name) noexcept {
  const int result = unlinkat(AT_FDCWD, name, 0);
  return result != 0 && errno == EISDIR ? rmdir(name) : result;
}

VARVE_EXPORT int mkdirat(int folder, const char* name, mode_t mode) noexcept {
  return name_call(FileCall::make_folder, path_of(folder, name), "",
                   [&] { return ::syscall(SYS_mkdirat, folder, name, mode); });
}
VARVE_EXPORT int mkdir(const char* name, mode_t mode) noexcept {
  return mkdirat(AT_FDCWD, name, mode);
}
