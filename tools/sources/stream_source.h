// Any file, stored as it is: `--raw`. Nothing is known about what it holds, so nothing is locked:
// it should be at rest. One that changes while it is read is stored with a warning.
#pragma once

#include <optional>

#include "store/core/file.h"
#include "store/source.h"
#include "tools/sources/file_stamp.h"

namespace varve {

class StreamSource : public Source {
 public:
  // `name` is the source's name and the file's path in the snapshot. Looks at nothing yet.
  StreamSource(const Path& path, std::string name);

  std::string name() const override { return name_; }
  std::string kind() const override { return "stream"; }
  std::string location() const override { return path_.string(); }

  // Both throw a failed Error for what is no file that can be read.
  Bytes fingerprint() override;
  void open() override;
  SourceInfo copy(SnapshotBuilder& builder) override;

 private:
  Path path_;  // absolute
  std::string name_;
  std::optional<File> file_;
  struct stat status_ = {};
  Timestamp moment_;
};

}  // namespace varve
