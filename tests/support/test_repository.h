// A repository in a folder of its own, with small extents and nodes, so that a few kilobytes make
// manifests of several levels; and short words for what the tests of gc and check do with it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "store/check/check.h"
#include "store/gc/forget.h"
#include "store/gc/gc.h"
#include "store/ingest/ingest.h"
#include "store/read/file_reader.h"
#include "store/repository/repository.h"
#include "tests/support/memory_source.h"
#include "tests/support/temp_folder.h"

namespace varve {

inline constexpr std::uint32_t kTestExtent = 4096;

inline RepositoryConfig small_config() {
  RepositoryConfig config;
  config.extent_size = kTestExtent;
  config.node_entries = 4;
  config.stream_chunk_average = 1024;
  config.max_stream_depth = 3;
  return config;
}

// Bytes as databases have them: compressible a little, every extent different.
inline Bytes make_pages(std::mt19937_64& random, std::size_t pages) {
  Bytes bytes(pages * kTestExtent);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random() % 24);
  return bytes;
}

// Changes a few bytes in some of the pages.
inline Bytes change_pages(std::mt19937_64& random, Bytes bytes, std::size_t changes) {
  for (std::size_t i = 0; i < changes && !bytes.empty(); ++i) {
    const std::size_t at = random() % bytes.size();
    for (std::size_t j = at; j < std::min(at + 5, bytes.size()); ++j) {
      bytes[j] = static_cast<std::byte>(random());
    }
  }
  return bytes;
}

inline Bytes read_whole(Repository& repository, const FileEntry& file) {
  FileReader reader(repository.chunks(), file, ChunkReader::Check::id);
  Bytes bytes(file.size);
  const std::size_t got = reader.read(0, bytes);
  bytes.resize(got);
  return bytes;
}

class TestRepository {
 public:
  TestRepository() : TestRepository(small_config()) {}
  explicit TestRepository(const RepositoryConfig& config) {
    Repository::create(path(), config);
    reopen();
  }
  // A copy of a repository at rest.
  explicit TestRepository(const Path& original) {
    std::filesystem::copy(original, path(), std::filesystem::copy_options::recursive);
    reopen();
  }

  Path path() const { return folder_ / "repo"; }
  Repository& operator*() const { return *repository_; }
  Repository* operator->() const { return repository_.get(); }
  // What it had in memory is gone.
  void reopen() {
    repository_.reset();
    repository_ = Repository::open(path());
  }
  void reopen(const Repository::Wrap& wrap) {
    repository_.reset();
    repository_ = Repository::open(path(), wrap);
  }
  void close() { repository_.reset(); }

  // A snapshot a second, each of one source with one file "<source>".
  Snapshot take(const Bytes& bytes, const std::string& source = "db",
                Chunking chunking = Chunking::extents) {
    return take(std::make_unique<MemorySource>(
        source, std::vector<MemoryFile>{{.path = source, .bytes = bytes, .chunking = chunking}}));
  }
  Snapshot take(std::unique_ptr<Source> source) {
    IngestRequest request;
    request.sources.push_back(std::move(source));
    request.time = Timestamp{1'700'000'000 + seconds_++};
    request.even_if_unchanged = true;
    return ingest(*repository_, std::move(request)).snapshot;
  }

  GcResult gc(double worth = 0) { return collect_garbage(*repository_, {.worth = worth}); }
  CheckResult check_all() { return check(*repository_, {.read_data = true}); }

  void expect_sound() {
    reopen();
    for (const Damage& damage : check_all().damage) {
      ADD_FAILURE() << damage.what << " hurts " << testing::PrintToString(damage.files);
    }
  }
  void expect_holds(const Snapshot& snapshot, const Bytes& bytes) {
    EXPECT_TRUE(read_whole(*repository_, snapshot.files.front()) == bytes) << snapshot.name;
  }

 private:
  TempFolder folder_;
  std::unique_ptr<Repository> repository_;
  std::int64_t seconds_ = 0;
};

}  // namespace varve
