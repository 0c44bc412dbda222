#include "store/core/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "store/core/error.h"
#include "store/core/ids.h"

namespace varve {
namespace {

constexpr std::string_view kTemporaryPrefix = ".tmp-";

Error cannot(std::string_view verb, const Path& path, int error_number) {
  return system_error(error_number, fmt::format("cannot {} {}", verb, path.native()));
}

// Calls again as long as a signal interrupts it; returns the call's result, negative on error.
template <class Call>
auto without_interruption(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

int open_descriptor(const Path& path, int flags, mode_t mode = 0) {
  return without_interruption([&] { return ::open(path.c_str(), flags | O_CLOEXEC, mode); });
}

// A file, or what open(2) says. What is none, in a place where one belongs, is damage: a folder is
// not read, nor is a FIFO waited for.
int open_file(const Path& path, int flags, mode_t mode = 0) {
  const int fd = open_descriptor(path, flags | O_NONBLOCK, mode);
  const int why = errno;
  struct stat found {};
  const bool is_other =
      fd >= 0 ? ::fstat(fd, &found) == 0 && !S_ISREG(found.st_mode) : why == EISDIR || why == ENXIO;
  if (is_other) {
    if (fd >= 0) ::close(fd);
    throw corrupt_error(path.native(), "it is no file");
  }
  errno = why;
  return fd;
}

// Writes everything with `write_some(rest, bytes already written)`, a write(2) of some kind.
template <class WriteSome>
void write_loop(const Path& path, ByteView bytes, WriteSome write_some) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count =
        without_interruption([&] { return write_some(bytes.subspan(done), done); });
    if (count < 0) throw cannot("write", path, errno);
    if (count == 0) throw cannot("write", path, EIO);
    done += static_cast<std::size_t>(count);
  }
}

// The folder that holds `path`'s name, for "a", "a/" and "/a" as well.
Path folder_of(const Path& path) {
  const Path whole = path.has_filename() ? path : path.parent_path();
  const Path parent = whole.parent_path();
  return parent.empty() ? Path(".") : parent;
}

struct flock whole_file(short kind) {
  struct flock range {};
  range.l_type = kind;
  range.l_whence = SEEK_SET;
  return range;
}

}  // namespace

File::File(File&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}

File& File::operator=(File&& other) noexcept {
  if (this == &other) return *this;
  if (fd_ >= 0) ::close(fd_);
  fd_ = std::exchange(other.fd_, -1);
  path_ = std::move(other.path_);
  return *this;
}

File::~File() {
  if (fd_ >= 0) ::close(fd_);
}

File File::open_read(const Path& path) {
  const int fd = open_file(path, O_RDONLY);
  if (fd < 0) throw cannot("open", path, errno);
  return File(fd, path);
}

std::optional<File> File::open_if_exists(const Path& path) {
  const int fd = open_file(path, O_RDONLY);
  if (fd >= 0) return File(fd, path);
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  throw cannot("open", path, errno);
}

File File::create_new(const Path& path, mode_t mode) {
  const int fd = open_file(path, O_RDWR | O_CREAT | O_EXCL, mode);
  if (fd < 0) throw cannot("create", path, errno);
  return File(fd, path);
}

File File::open_or_create(const Path& path, mode_t mode) {
  const int fd = open_file(path, O_RDWR | O_CREAT, mode);
  if (fd < 0) throw cannot("open", path, errno);
  return File(fd, path);
}

std::optional<File> File::open_to_change(const Path& path) {
  const int fd = open_file(path, O_RDWR);
  if (fd >= 0) return File(fd, path);
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  throw cannot("open", path, errno);
}

std::uint64_t File::size() const { return static_cast<std::uint64_t>(status().st_size); }

struct stat File::status() const {
  struct stat found {};
  if (::fstat(fd_, &found) != 0) throw cannot("look at", path_, errno);
  return found;
}

std::size_t File::read_at(std::uint64_t offset, MutableBytes out) const {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t count = without_interruption([&] {
      return ::pread(fd_, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    });
    if (count < 0) throw cannot("read", path_, errno);
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  return done;
}

void File::read_exact_at(std::uint64_t offset, MutableBytes out) const {
  const std::size_t count = read_at(offset, out);
  if (count == out.size()) return;
  throw corrupt_error(path_.native(), fmt::format("it ends at byte {}, {} bytes from {} were asked",
                                                  offset + count, out.size(), offset));
}

void File::write_all(ByteView bytes) {
  write_loop(path_, bytes,
             [&](ByteView rest, std::size_t) { return ::write(fd_, rest.data(), rest.size()); });
}

void File::write_all_at(std::uint64_t offset, ByteView bytes) {
  write_loop(path_, bytes, [&](ByteView rest, std::size_t done) {
    return ::pwrite(fd_, rest.data(), rest.size(), static_cast<off_t>(offset + done));
  });
}

void File::truncate(std::uint64_t size) {
  const int result =
      without_interruption([&] { return ::ftruncate(fd_, static_cast<off_t>(size)); });
  if (result != 0) throw cannot("resize", path_, errno);
}

void File::sync() {
  // fdatasync writes what reading the bytes back needs, the size included.
  if (without_interruption([&] { return ::fdatasync(fd_); }) != 0) {
    throw cannot("make durable", path_, errno);
  }
}

void File::start_writeback(std::uint64_t offset, std::uint64_t length) noexcept {
  ::sync_file_range(fd_, static_cast<off64_t>(offset), static_cast<off64_t>(length),
                    SYNC_FILE_RANGE_WRITE);
}

bool File::try_lock(Lock kind) {
  struct flock range = whole_file(kind == Lock::exclusive ? F_WRLCK : F_RDLCK);
  if (without_interruption([&] { return ::fcntl(fd_, F_OFD_SETLK, &range); }) == 0) return true;
  if (errno == EAGAIN || errno == EACCES) return false;
  throw cannot("lock", path_, errno);
}

bool File::is_locked() const {
  struct flock range = whole_file(F_WRLCK);
  if (::fcntl(fd_, F_OFD_GETLK, &range) != 0) throw cannot("look at the lock of", path_, errno);
  return range.l_type != F_UNLCK;
}

bool File::is_named() const {
  struct stat named {};
  if (::stat(path_.c_str(), &named) != 0) return false;
  const struct stat ours = status();
  return named.st_ino == ours.st_ino && named.st_dev == ours.st_dev;
}

void File::close() {
  // Linux lets go of the descriptor whatever close(2) answers, EINTR included.
  const int fd = std::exchange(fd_, -1);
  if (fd >= 0 && ::close(fd) != 0 && errno != EINTR) throw cannot("close", path_, errno);
}

Bytes read_file(const Path& path, std::size_t limit) {
  const File file = File::open_read(path);
  const std::uint64_t size = file.size();
  if (size > limit) {
    throw corrupt_error(path.native(), fmt::format("{} bytes, at most {} expected", size, limit));
  }
  Bytes bytes(static_cast<std::size_t>(size));
  bytes.resize(file.read_at(0, bytes));
  return bytes;
}

void sync_directory(const Path& directory) {
  const File folder(open_descriptor(directory, O_RDONLY | O_DIRECTORY), directory);
  if (!folder) throw cannot("open", directory, errno);
  if (without_interruption([&] { return ::fsync(folder.fd()); }) != 0) {
    throw cannot("make durable", directory, errno);
  }
}

void make_directory(const Path& directory, mode_t mode) {
  if (::mkdir(directory.c_str(), mode) != 0) {
    const int why = errno;
    if (why != EEXIST || !std::filesystem::is_directory(directory)) {
      throw cannot("create", directory, why);
    }
  }
  sync_directory(folder_of(directory));
}

bool remove_file(const Path& path) {
  if (::unlink(path.c_str()) == 0) return true;
  if (errno == ENOENT) return false;
  throw cannot("remove", path, errno);
}

bool rename_new(const Path& from, const Path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno == EINVAL || errno == ENOSYS) {  // a filesystem that cannot; a hard link can
    if (::link(from.c_str(), to.c_str()) == 0) {
      remove_file(from);
      return true;
    }
  }
  if (errno == EEXIST) return false;
  throw cannot("create", to, errno);
}

File create_temporary(const Path& path, mode_t mode) {
  while (true) {
    const auto random = random_id<Id<struct TemporaryTag, 8>>();
    File file = File::create_new(
        folder_of(path) / fmt::format("{}{}", kTemporaryPrefix, to_hex(random.view())), mode);
    // remove_abandoned() may have come between; then another name is as good.
    if (file.try_lock(File::Lock::exclusive) && file.is_named()) return file;
  }
}

bool is_temporary(const Path& path) {
  return path.filename().native().starts_with(kTemporaryPrefix);
}

std::uint64_t remove_abandoned(const Path& temporary) {
  std::optional<File> file = File::open_to_change(temporary);
  if (!file || !file->try_lock(File::Lock::exclusive) || !file->is_named()) return 0;
  const std::uint64_t size = file->size();
  return remove_file(temporary) ? size : 0;
}

AtomicFile::AtomicFile(Path path, mode_t mode)
    : path_(std::move(path)), file_(create_temporary(path_, mode)), temporary_(file_.path()) {
  file_.set_path(path_);
}

AtomicFile::~AtomicFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::publish(Over over) {
  file_.sync();
  if (over == Over::refuse) {
    if (!rename_new(temporary_, path_)) throw cannot("create", path_, EEXIST);
  } else if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
    throw cannot("replace", path_, errno);
  }
  temporary_.clear();
  file_.close();
  sync_directory(folder_of(path_));
}

void AtomicFile::publish_unsynced() {
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) throw cannot("replace", path_, errno);
  temporary_.clear();
  file_.close();
}

void write_file_atomically(const Path& path, ByteView bytes, AtomicFile::Over over) {
  AtomicFile atomic(path);
  atomic.file().write_all(bytes);
  atomic.publish(over);
}

}  // namespace varve
