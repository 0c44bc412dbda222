// Locks between processes, held by the kernel: a dead process holds none.
//
// An open file description lock (fcntl(2), F_OFD_SETLK) on a file under the repository's locks
// folder. The file's content is the holder's "pid command since", for messages only; whether it
// is held is the kernel's word. Rejected: flock(2), which cannot be asked without being taken: a
// gc that looks would make an ingest that just begins fail.
#pragma once

#include <optional>
#include <string>

#include "store/core/file.h"

namespace varve {

class FileLock {
 public:
  enum class Mode { shared, exclusive };
  // Nothing where another process (or another FileLock) holds it against us; never waits. A file
  // that this creates is held from the moment on that others can see it.
  static std::optional<FileLock> try_acquire(const Path& path, Mode mode = Mode::exclusive);
  // The holder's own words ("pid 4711, varve ingest, since 2026-11-21T02:00:00Z"), perhaps empty.
  static std::string holder(const Path& path);
  // Whether somebody holds it exclusively or shared at this moment.
  static bool is_held(const Path& path);

  const Path& path() const noexcept { return file_.path(); }
  void describe(const std::string& text);  // replaces the file's content
  void append(const std::string& text);    // behind the content; durable when it returns
  std::string content() const;
  // Removes the file while the lock is held, then lets go.
  void remove();

 private:
  explicit FileLock(File file) : file_(std::move(file)) {}
  File file_;
};

}  // namespace varve
