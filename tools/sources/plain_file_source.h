// A file that is no database, or is not to be looked into (`--raw`), stored as it is. Nothing is
// locked: it should be at rest. One that changes while it is read is stored with a warning.
#pragma once

#include <optional>

#include "store/core/file.h"
#include "store/ingest/source.h"

namespace varve {

class PlainFileSource : public Source {
 public:
  enum class Looks { yes, no };
  // `name` is the source's name and the file's path in the snapshot. Looks at nothing yet. With
  // Looks::yes a Redis server's file is stored as one ("rdb"), and what was a database in the last
  // snapshot and is none now is refused: it is damaged, and nobody would notice.
  PlainFileSource(const Path& path, std::string name, Looks looks = Looks::no);

  std::string name() const override { return name_; }
  std::string kind() const override { return "file"; }
  std::string location() const override { return path_.string(); }

  void continue_from(const Snapshot& last) override;
  // Both throw a failed Error for what is no file that can be read.
  Bytes fingerprint() override;
  void open() override;
  SourceInfo copy(SnapshotBuilder& builder) override;

 private:
  Path path_;  // absolute
  std::string name_;
  Looks looks_;
  std::optional<File> file_;
  struct stat status_ {};  // at open()
  Timestamp moment_;
};

}  // namespace varve
