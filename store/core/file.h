// Files, with errors thrown and descriptors closed: the one place where the store writes.
//
// Durability: write promises nothing; sync() is the barrier for a file's bytes, and
// sync_directory() for a name. AtomicFile gives both at once.
#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <string>

#include "store/core/bytes.h"

namespace varve {

using Path = std::filesystem::path;

// Owns a file descriptor. Movable; not thread-safe except for read_at and read_exact_at.
class File {
 public:
  File() = default;
  explicit File(int descriptor, Path path) noexcept : fd_(descriptor), path_(std::move(path)) {}
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File();

  static File open_read(const Path& path);                           // throws if absent
  static std::optional<File> open_if_exists(const Path& path);       // nothing if absent
  static File create_new(const Path& path, mode_t mode = 0600);      // throws if it exists
  static File open_or_create(const Path& path, mode_t mode = 0600);  // read and write
  static std::optional<File> open_to_change(const Path& path);       // read and write, if it exists

  int fd() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  const Path& path() const noexcept { return path_; }

  std::uint64_t size() const;
  struct stat status() const;
  std::size_t read_at(std::uint64_t offset, MutableBytes out) const;  // fewer only at the end
  void read_exact_at(std::uint64_t offset, MutableBytes out) const;   // corrupt Error if short
  void write_all(ByteView bytes);                                     // at the file position
  void write_all_at(std::uint64_t offset, ByteView bytes);
  void truncate(std::uint64_t size);
  void sync();
  // Starts writing a range back without waiting: a hint that makes a later sync() short.
  void start_writeback(std::uint64_t offset, std::uint64_t length) noexcept;
  // An open file description lock on the whole file, held until it is closed; taking it again
  // changes its kind. False where somebody else's stands against it; never waits.
  enum class Lock { shared, exclusive };
  bool try_lock(Lock kind);
  bool is_locked() const;  // by another File, in any process
  bool is_named() const;   // whether path() still leads to this file
  void close();            // throws where the destructor would stay silent
  // The path that messages name from here on, for a file that gets or got another name.
  void set_path(const Path& path) { path_ = path; }

 private:
  int fd_ = -1;
  Path path_;
};

// Whole file in memory; a corrupt Error if it is larger than `limit`.
Bytes read_file(const Path& path, std::size_t limit = 64u << 20);

void sync_directory(const Path& directory);
// There afterwards, its name durable; one that exists already is fine.
void make_directory(const Path& directory, mode_t mode = 0700);
// Gone afterwards, durable or not; false if it was not there.
bool remove_file(const Path& path);
// Renames, durable or not; false if `to` exists.
bool rename_new(const Path& from, const Path& to);

// A new file with a random name in the folder of `path`, for bytes that get their name only when
// they are whole. It is locked exclusively, so that anybody can tell it from what a process that
// died left behind.
File create_temporary(const Path& path, mode_t mode = 0600);
bool is_temporary(const Path& path);  // by its name
// Removes a temporary file that nobody holds any more; returns the bytes given back.
std::uint64_t remove_abandoned(const Path& temporary);

// Bytes under a temporary name in the same folder; publish() makes them durable under `path`
// in one step. Without publish() nothing is left behind.
class AtomicFile {
 public:
  explicit AtomicFile(Path path, mode_t mode = 0600);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  File& file() noexcept { return file_; }
  const File& file() const noexcept { return file_; }
  enum class Over { refuse, replace };  // refuse: an existing `path` is an io Error (EEXIST)
  void publish(Over over = Over::refuse);
  // In place of what was there, at once but not durable: for caches that prove themselves.
  void publish_unsynced();

 private:
  Path path_;
  File file_;       // its messages name path_
  Path temporary_;  // empty once published
};

void write_file_atomically(const Path& path, ByteView bytes,
                           AtomicFile::Over over = AtomicFile::Over::refuse);

}  // namespace varve
