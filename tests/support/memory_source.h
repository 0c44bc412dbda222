// A source whose files are byte strings in memory: for tests that need a repository with
// something in it, and no database.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "store/ingest/source.h"
#include "tools/sources/write_all.h"

namespace varve {

struct MemoryFile {
  std::string path;
  Bytes bytes;
  Chunking chunking = Chunking::extents;
  std::uint32_t mode = 0444;
  Timestamp mtime{1'700'000'000};
};

class MemorySource : public Source {
 public:
  MemorySource(std::string name, std::vector<MemoryFile> files)
      : name_(std::move(name)), files_(std::move(files)) {}

  std::string name() const override { return name_; }
  std::string kind() const override { return "memory"; }
  std::string location() const override { return "/memory/" + name_; }
  Bytes fingerprint() override { return {}; }
  void open() override {}

  SourceInfo copy(SnapshotBuilder& builder) override {
    for (const MemoryFile& file : files_) {
      builder.add_file({file.path, file.mode, file.mtime, file.chunking, file.bytes.size()},
                       [&](FileWriter& writer) { write_all(writer, file.bytes); });
    }
    SourceInfo info;
    info.name = name_;
    info.kind = kind();
    info.location = location();
    info.moment = Timestamp::now();
    return info;
  }

 private:
  const std::string name_;
  const std::vector<MemoryFile> files_;
};

}  // namespace varve
