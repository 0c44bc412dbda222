// The source seam: where bytes come from. Implementations live in tools/sources.
//
// The ingest drives a Source through: fingerprint() → open() → copy() for its files → close by
// destruction. One thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "store/core/bytes.h"
#include "store/snapshot.h"

namespace varve {

// Takes one file's bytes in order. The ingest implements it; its memory is bounded, so it may
// make the caller wait. Throws Error, an interrupted one where the ingest is to stop.
class FileWriter {
 public:
  virtual ~FileWriter() = default;
  // Room for the next bytes, never empty, as long as the caller fills it from the front:
  // then produced(n) says how many. For extents the buffer never crosses an extent's end.
  virtual MutableBytes buffer() = 0;
  virtual void produced(std::size_t count) = 0;
};

// What the ingest gives a source while it copies.
class SnapshotBuilder {
 public:
  virtual ~SnapshotBuilder() = default;
  // Calls `fill`, which produces the whole file; `size_hint` is for the progress display.
  // `path`, `mode`, `mtime` and `chunking` as in FileEntry.
  struct NewFile {
    std::string path;
    std::uint32_t mode = 0444;
    Timestamp mtime;
    Chunking chunking = Chunking::extents;
    std::uint64_t size_hint = 0;
  };
  virtual void add_file(const NewFile& file, const std::function<void(FileWriter&)>& fill) = 0;
  // A thing a person should look at (exit status 3).
  virtual void warn(const std::string& message) = 0;
};

class Source {
 public:
  virtual ~Source() = default;

  virtual std::string name() const = 0;
  virtual std::string kind() const = 0;
  virtual std::string location() const = 0;

  // Cheap identity of the present state: equal bytes at two times mean that nothing changed in
  // between. Taken before open(), so that a change afterwards makes the next one differ. Empty
  // where it cannot be told (a file changed so lately that its time stamp proves nothing).
  // Throws Error for a source that cannot be one (missing, a folder, no database).
  virtual Bytes fingerprint() = 0;

  // Opens the read point: what copy() reads is the state at this moment.
  virtual void open() = 0;
  // Adds the files, and returns what is known about the source (fingerprint left empty).
  virtual SourceInfo copy(SnapshotBuilder& builder) = 0;
};

}  // namespace varve
