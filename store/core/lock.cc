#include "store/core/lock.h"

namespace varve {
namespace {

File::Lock kind_of(FileLock::Mode mode) {
  return mode == FileLock::Mode::exclusive ? File::Lock::exclusive : File::Lock::shared;
}

// Creates the file locked already: it gets its name only then, so nobody can find it unheld and
// take its holder for dead. Nothing where the name exists.
std::optional<File> create_locked(const Path& path, FileLock::Mode mode) {
  File file = create_temporary(path);
  file.try_lock(kind_of(mode));
  if (!rename_new(file.path(), path)) {
    remove_file(file.path());
    return std::nullopt;
  }
  file.set_path(path);
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
    if (!file->try_lock(kind_of(mode))) return std::nullopt;
    // Somebody may have removed the file between our opening and locking it.
    if (file->is_named()) return FileLock(std::move(*file));
  }
}

std::string FileLock::holder(const Path& path) {
  const std::optional<File> file = File::open_if_exists(path);
  return file ? content_of(*file) : std::string();
}

bool FileLock::is_held(const Path& path) {
  // Asks without locking, so that a look never stands in anybody's way.
  const std::optional<File> file = File::open_if_exists(path);
  return file && file->is_locked();
}

void FileLock::describe(const std::string& text) {
  file_.truncate(0);
  file_.write_all_at(0, as_bytes(text));
}

void FileLock::append(const std::string& text) {
  file_.write_all_at(file_.size(), as_bytes(text));
  file_.sync();
}

std::string FileLock::content() const { return content_of(file_); }

void FileLock::remove() {
  remove_file(file_.path());
  file_.close();
}

}  // namespace varve
