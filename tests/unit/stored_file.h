// A file in a repository of a test's own, to be read back.
#pragma once

#include <memory>
#include <utility>

#include "store/ingest/ingest.h"
#include "store/read/file_reader.h"
#include "store/repository/repository.h"
#include "tests/support/temp_folder.h"

namespace varve::test {

class StoredFile {
 public:
  explicit StoredFile(std::unique_ptr<Source> source) {
    const Path path = folder_ / "repository";
    Repository::create(path);
    repository_ = Repository::open(path);
    IngestRequest request;
    request.host = "test";
    request.sources.push_back(std::move(source));
    snapshot_ = ingest(*repository_, std::move(request)).snapshot;
    reopen();
  }

  // Without anything that was read before.
  void reopen() {
    reader_.reset();
    repository_ = Repository::open(folder_ / "repository");
    reader_ = std::make_unique<FileReader>(repository_->chunks(), snapshot_.files.at(0));
  }

  FileReader& reader() { return *reader_; }
  ChunkReader& chunks() { return repository_->chunks(); }
  const FileEntry& entry() const { return snapshot_.files.front(); }
  Path repository() const { return folder_ / "repository"; }

 private:
  TempFolder folder_;
  std::unique_ptr<Repository> repository_;
  Snapshot snapshot_;
  std::unique_ptr<FileReader> reader_;
};

}  // namespace varve::test
