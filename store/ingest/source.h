// The source seam: where bytes come from. Implementations live in tools/sources.
//
// The ingest drives a Source through: continue_from() → fingerprint() → open() → copy() for its
// files → close by destruction. One call at a time, but not all on one thread; other sources work
// at the same time.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "store/core/bytes.h"
#include "store/snapshots/snapshot.h"

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
    // The path that this content had in the source's last snapshot, where it was another one.
    std::string predecessor = {};
    // The rest as in FileEntry.
    FileType type = FileType::file;
    std::string target = {};
    std::uint32_t mtime_nanoseconds = 0;
    std::optional<Owner> owner = {};
    bool sparse = false;
    std::string format = {};
    std::uint64_t stamp = 0;
    std::map<std::string, std::string> facts = {};
  };
  virtual void add_file(const NewFile& file, const std::function<void(FileWriter&)>& fill) = 0;
  // A folder or a symbolic link: nothing to fill.
  virtual void add_entry(const NewFile& entry) = 0;
  // The file `path` as the last snapshot (continue_from) has it, without reading anything.
  virtual void keep_file(const std::string& path) = 0;
  // A thing a person should look at (exit status 3).
  virtual void warn(const std::string& message) = 0;
};

class Source {
 public:
  virtual ~Source() = default;

  virtual std::string name() const = 0;
  virtual std::string kind() const = 0;
  virtual std::string location() const = 0;

  // Before everything else: the newest snapshot that holds this source, if there is one. It lives
  // as long as the ingest. For sources that recognise what has not changed inside of them.
  virtual void continue_from(const Snapshot& last) { static_cast<void>(last); }

  // Cheap identity of the present state: equal bytes at two times mean that nothing changed in
  // between. Taken before open(), so that a change afterwards makes the next one differ. Empty
  // where it cannot be told (a file changed so lately that its time stamp proves nothing).
  // Throws Error for a source that cannot be one (missing, a folder, no database).
  virtual Bytes fingerprint() = 0;

  // Whether somebody stands and waits from open() until copy() has read: a server, a command. Such
  // sources are copied at once, others when it is their turn.
  virtual bool keeps_somebody_waiting() const { return false; }

  // Opens the read point: what copy() reads is the state at this moment.
  virtual void open() = 0;
  // Adds the files, and returns what is known about the source (fingerprint left empty).
  virtual SourceInfo copy(SnapshotBuilder& builder) = 0;

 protected:
  // What copy() returns where no more is known.
  SourceInfo info_at(Timestamp moment) const {
    SourceInfo info;
    info.name = name();
    info.kind = kind();
    info.location = location();
    info.moment = moment;
    return info;
  }
};

}  // namespace varve
