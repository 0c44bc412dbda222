// Stands between a program and the C library (LD_PRELOAD), and makes one of the calls that change
// files fail: the real program, SQLite's own files included, with a fault at an exact place.
//
// The environment says what happens:
//   VARVE_FAULT_UNDER  folders separated by ':'; calls on what lies in them are counted
//   VARVE_FAULT_AT     the number of the call that is hit, from 1; 0: none is
//   VARVE_FAULT_KIND   EIO, ENOSPC, EINTR; "short" (half of a write is done); "kill" (SIGKILL
//                      before the call); "torn" (SIGKILL after half of a write, else before the
//                      call)
//   VARVE_FAULT_STICKY not empty: every later call fails the same way; a short write does a little
//   VARVE_FAULT_COUNT  a file of 8 bytes that holds the number of calls so far, shared by all
//                      processes that inherit the environment
//   VARVE_FAULT_TRACE  a file to which what was done is appended (file_trace.h)
//
// Calls that the kernel itself refuses count as well, but are not traced. Memory that is mapped is
// not seen: varve maps nothing that it writes to, and SQLite only its WAL's index, which no crash
// survives. Nor are names that the C library makes by itself (fopen), and extended attributes: no
// operation under torture does either. A sync counts, fails and is traced, but nothing is asked of
// the disk: the test's machine stays up, and a hundred times as many cases fit into a night.
#include <fcntl.h>
#include <limits.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "tests/torture/fault_plan.h"
#include "tests/torture/file_trace.h"

namespace varve::torture {
namespace {

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
  const ssize_t count = call(allowed(verdict, size));
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

int sync(int fd) {
  struct stat status {};
  const bool is_folder = ::fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
  return static_cast<int>(change_bytes(fd, is_folder ? FileCall::sync_folder : FileCall::sync, 0,
                                       [&] { return ::fcntl(fd, F_GETFD) < 0 ? -1L : 0L; }));
}

// Mode, owner, times; hints.
int describe(int fd, auto call) {
  return static_cast<int>(change_bytes(fd, FileCall::describe, 0, call));
}

int name_call(FileCall kind, const std::string& path, const std::string& other, auto call) {
  const Layer& layer = Layer::instance();
  const bool watched = layer.watches(path) || (!other.empty() && layer.watches(other));
  return static_cast<int>(
      change(watched, call,
             {.call = kind, .inode = watched ? inode_of(path) : 0, .path = path, .other = other}));
}

int make_link(const char* target, int folder, const char* name) {
  const std::string path = path_of(folder, name);
  const auto call = [&] { return ::syscall(SYS_symlinkat, target, folder, name); };
  return static_cast<int>(change(Layer::instance().watches(path), call,
                                 {.call = FileCall::make_link, .path = path, .data = target}));
}

int describe(int folder, const char* name, auto call) {
  return name_call(FileCall::describe, path_of(folder, name), "", call);
}

// A write like others, of what is read: less than was asked for is what the caller must expect.
ssize_t copy_bytes(int to, int from, off_t* offset, std::size_t size) {
  std::vector<char> bytes(std::min<std::size_t>(size, 64 << 10));
  const off_t begin = offset != nullptr ? *offset : ::lseek(from, 0, SEEK_CUR);
  const ssize_t got = ::pread(from, bytes.data(), bytes.size(), begin);
  if (got <= 0) return got;
  const ssize_t count = ::write(to, bytes.data(), static_cast<std::size_t>(got));
  if (count <= 0) return count;
  if (offset != nullptr) *offset += count;
  if (offset == nullptr) ::lseek(from, begin + count, SEEK_SET);
  return count;
}

// Any, where all are empty.
const struct iovec* first_filled(const struct iovec* pieces, int count) {
  while (count > 1 && pieces->iov_len == 0) ++pieces, --count;
  return pieces;
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
VARVE_EXPORT int fsync(int fd) { return sync(fd); }
VARVE_EXPORT int fdatasync(int fd) { return sync(fd); }

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

VARVE_EXPORT char* mkdtemp(char* name) noexcept {
  const std::string pattern = name;
  char* const end = name + pattern.size();
  for (unsigned number = static_cast<unsigned>(::getpid());; number += 7919) {
    std::snprintf(end - 6, 7, "%06x", number & 0xffffffU);
    if (mkdir(name, 0700) == 0) return name;
    if (errno != EEXIST) return nullptr;
  }
}

VARVE_EXPORT int symlinkat(const char* target, int folder, const char* name) noexcept {
  return make_link(target, folder, name);
}
VARVE_EXPORT int symlink(const char* target, const char* name) noexcept {
  return make_link(target, AT_FDCWD, name);
}

VARVE_EXPORT int fchmod(int fd, mode_t mode) noexcept {
  return describe(fd, [&] { return ::syscall(SYS_fchmod, fd, mode); });
}
VARVE_EXPORT int fchmodat(int folder, const char* name, mode_t mode, int flags) noexcept {
  if (flags != 0) return static_cast<int>(refused(ENOTSUP));  // as the C library without /proc
  return describe(folder, name, [&] { return ::syscall(SYS_fchmodat, folder, name, mode); });
}
VARVE_EXPORT int chmod(const char* name, mode_t mode) noexcept {
  return fchmodat(AT_FDCWD, name, mode, 0);
}

VARVE_EXPORT int fchown(int fd, uid_t user, gid_t group) noexcept {
  return describe(fd, [&] { return ::syscall(SYS_fchown, fd, user, group); });
}
VARVE_EXPORT int fchownat(int folder, const char* name, uid_t user, gid_t group,
                          int flags) noexcept {
  return describe(folder, name,
                  [&] { return ::syscall(SYS_fchownat, folder, name, user, group, flags); });
}
VARVE_EXPORT int chown(const char* name, uid_t user, gid_t group) noexcept {
  return fchownat(AT_FDCWD, name, user, group, 0);
}
VARVE_EXPORT int lchown(const char* name, uid_t user, gid_t group) noexcept {
  return fchownat(AT_FDCWD, name, user, group, AT_SYMLINK_NOFOLLOW);
}

VARVE_EXPORT int futimens(int fd, const struct timespec times[2]) noexcept {
  return describe(fd, [&] { return ::syscall(SYS_utimensat, fd, nullptr, times, 0); });
}
VARVE_EXPORT int utimensat(int folder, const char* name, const struct timespec times[2],
                           int flags) noexcept {
  return describe(folder, name,
                  [&] { return ::syscall(SYS_utimensat, folder, name, times, flags); });
}

VARVE_EXPORT int sync_file_range(int fd, off64_t offset, off64_t size, unsigned flags) {
  return describe(fd, [&] { return ::syscall(SYS_sync_file_range, fd, offset, size, flags); });
}

VARVE_EXPORT int truncate(const char* name, off_t size) noexcept {
  const int fd = open(name, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  const int result = ftruncate(fd, size);
  const int why = errno;
  ::close(fd);
  errno = why;
  return result;
}
VARVE_EXPORT int truncate64(const char* name, off64_t size) noexcept {
  return truncate(name, size);
}
VARVE_EXPORT int posix_fallocate(int fd, off_t offset, off_t size) {
  return fallocate(fd, 0, offset, size) == 0 ? 0 : errno;
}
VARVE_EXPORT int posix_fallocate64(int fd, off64_t offset, off64_t size) {
  return posix_fallocate(fd, offset, size);
}

// Of a watched file the first piece alone: a short write. Devices want all at once.
VARVE_EXPORT ssize_t writev(int fd, const struct iovec* pieces, int count) {
  if (!Layer::instance().watches(path_of(fd))) return ::syscall(SYS_writev, fd, pieces, count);
  const struct iovec* const piece = first_filled(pieces, count);
  return write(fd, piece->iov_base, piece->iov_len);
}
VARVE_EXPORT ssize_t pwritev(int fd, const struct iovec* pieces, int count, off_t offset) {
  const struct iovec* const piece = first_filled(pieces, count);
  return pwrite(fd, piece->iov_base, piece->iov_len, offset);
}
VARVE_EXPORT ssize_t pwritev64(int fd, const struct iovec* pieces, int count, off64_t offset) {
  return pwritev(fd, pieces, count, offset);
}

VARVE_EXPORT ssize_t sendfile(int to, int from, off_t* offset, size_t size) noexcept {
  return copy_bytes(to, from, offset, size);
}
VARVE_EXPORT ssize_t sendfile64(int to, int from, off64_t* offset, size_t size) noexcept {
  return copy_bytes(to, from, offset, size);
}
// Callers have another way: not every filesystem can.
VARVE_EXPORT ssize_t copy_file_range(int, off64_t*, int, off64_t*, size_t, unsigned) {
  return refused(ENOSYS);
}
