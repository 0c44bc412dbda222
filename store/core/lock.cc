#include "store/core/lock.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>

#include "store/core/error.h"

namespace varve {
namespace {

struct flock whole_file(short type) {
  struct flock range {};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  return range;
}

// False where somebody else's lock stands against it.
bool lock_now(const File& file, FileLock::Mode mode) {
  struct flock range = whole_file(mode == FileLock::Mode::exclusive ? F_WRLCK : F_RDLCK);
  while (::fcntl(file.fd(), F_OFD_SETLK, &range) != 0) {
    if (errno == EAGAIN || errno == EACCES) return false;
    if (errno != EINTR) throw system_error(errno, "cannot lock " + file.path().native());
  }
  return true;
}

// Somebody may have removed the file between our opening and locking it.
bool is_still_named(const File& file) {
  struct stat named {};
  if (::stat(file.path().c_str(), &named) != 0) return false;
  const struct stat ours = file.status();
  return named.st_ino == ours.st_ino && named.st_dev == ours.st_dev;
}

// Creates the file locked already: it gets its name only then, so nobody can find it unheld and
// take its holder for dead. Nothing where the name exists.
std::optional<File> create_locked(const Path& path, FileLock::Mode mode) {
  const Path temporary = temporary_beside(path);
  File file = File::create_new(temporary);
  if (!lock_now(file, mode) || !rename_new(temporary, path)) {
    remove_file(temporary);
    return std::nullopt;
  }
  file.renamed(path);
  return file;
}

std::string content_of(const File& file) {
  constexpr std::size_t longest = 4096;
  Bytes bytes(longest);
  bytes.resize(file.read_at(0, bytes));
  return std::string(as_text(bytes));
}

}  // namespace

std::optional<FileLock> FileLock::try_acquire(const Path& path, Mode mode) {
  while (true) {
    std::optional<File> file = File::open_to_change(path);
    if (!file) {
      file = create_locked(path, mode);
      if (file) return FileLock(std::move(*file));
      continue;  // somebody else created it meanwhile
    }
    if (!lock_now(*file, mode)) return std::nullopt;
    if (is_still_named(*file)) return FileLock(std::move(*file));
  }
}

std::string FileLock::holder(const Path& path) {
  const std::optional<File> file = File::open_if_exists(path);
  return file ? content_of(*file) : std::string();
}

bool FileLock::is_held(const Path& path) {
  const std::optional<File> file = File::open_if_exists(path);
  if (!file) return false;
  // Asks without locking, so that a look never stands in anybody's way.
  struct flock range = whole_file(F_WRLCK);
  if (::fcntl(file->fd(), F_OFD_GETLK, &range) != 0) {
    throw system_error(errno, "cannot look at the lock of " + path.native());
  }
  return range.l_type != F_UNLCK;
}

void FileLock::describe(const std::string& text) {
  file_.truncate(0);
  file_.write_all_at(0, as_bytes(text));
}

std::string FileLock::content() const { return content_of(file_); }

void FileLock::remove() {
  remove_file(file_.path());
  file_.close();
}

}  // namespace varve
