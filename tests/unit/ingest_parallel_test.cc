// Several sources in one ingest: side by side, all or nothing.
#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <condition_variable>

#include "store/ingest/ingest.h"
#include "store/read/file_reader.h"
#include "tests/support/expect_error.h"
#include "tests/support/memory_source.h"
#include "tests/support/random_bytes.h"
#include "tests/support/test_repository.h"

namespace varve {
namespace {

// Copies like a memory source, with something before.
class ActingSource : public Source {
 public:
  ActingSource(std::string name, std::function<void(SnapshotBuilder&)> act)
      : name_(std::move(name)), act_(std::move(act)) {}
  std::string name() const override { return name_; }
  std::string kind() const override { return "memory"; }
  std::string location() const override { return "/acting/" + name_; }
  Bytes fingerprint() override { return {}; }
  void open() override {}
  SourceInfo copy(SnapshotBuilder& builder) override {
    act_(builder);
    SourceInfo info;
    info.name = name_;
    info.kind = kind();
    info.location = location();
    return info;
  }

 private:
  const std::string name_;
  const std::function<void(SnapshotBuilder&)> act_;
};

void write(SnapshotBuilder& builder, const std::string& path, ByteView bytes, Chunking chunking) {
  builder.add_file({.path = path, .mtime = {}, .chunking = chunking}, [&](FileWriter& writer) {
    for (ByteView rest = bytes; !rest.empty();) {
      const MutableBytes room = writer.buffer();
      const std::size_t count = std::min(room.size(), rest.size());
      std::copy_n(rest.begin(), count, room.begin());
      writer.produced(count);
      rest = rest.subspan(count);
    }
  });
}

std::string name_of(unsigned number) {
  std::string name = "s";
  name += std::to_string(number);
  return name;
}

class IngestParallel : public testing::Test {
 protected:
  void add(const std::string& name, std::function<void(SnapshotBuilder&)> act) {
    request_.sources.push_back(std::make_unique<ActingSource>(name, std::move(act)));
  }
  IngestResult run() { return ingest(*repository_, std::move(request_)); }

  TestRepository repository_;
  IngestRequest request_;
};

TEST_F(IngestParallel, FourSourcesAreCopiedAtTheSameTime) {
  std::barrier all_copy(4);  // would wait for ever if they came one after the other
  for (const char* name : {"a", "b", "c", "d"}) {
    add(name, [&, name](SnapshotBuilder& builder) {
      all_copy.arrive_and_wait();
      write(builder, name, as_bytes(name), Chunking::extents);
    });
  }
  EXPECT_EQ(run().snapshot.files.size(), 4U);
}

TEST_F(IngestParallel, EverySourceGetsItsOwnBytes) {
  constexpr unsigned kSources = 20;
  for (unsigned i = 0; i < kSources; ++i) {
    add(name_of(i), [i](SnapshotBuilder& builder) {
      const std::string name = name_of(i);
      write(builder, name + "/extents", random_bytes(300'000 + i, i), Chunking::extents);
      write(builder, name + "/content", random_bytes(900'000 + i, i), Chunking::content);
    });
  }
  const Snapshot snapshot = run().snapshot;
  ASSERT_EQ(snapshot.sources.size(), kSources);
  for (unsigned i = 0; i < kSources; ++i) {
    const std::string name = name_of(i);
    EXPECT_EQ(snapshot.sources[i].name, name) << "in the order of the request";
    for (const auto& [part, size] : {std::pair{"/extents", 300'000U}, {"/content", 900'000U}}) {
      const FileEntry* file = snapshot.find(name + part);
      ASSERT_NE(file, nullptr);
      EXPECT_EQ(snapshot.sources[file->source].name, name);
      Bytes read(file->size);
      FileReader(repository_->chunks(), *file).read(0, read);
      EXPECT_EQ(read, random_bytes(size + i, i)) << file->path;
    }
  }
}

TEST_F(IngestParallel, TheFirstFailureStopsTheOthersAndIsTheOneThatIsTold) {
  request_.halt = std::stop_source();
  std::barrier both_copy(2);
  add("patient", [&, token = request_.halt.get_token()](SnapshotBuilder&) {
    both_copy.arrive_and_wait();
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock(mutex);
    stopped.wait(lock, token, [] { return false; });
    throw Error(ErrorCode::interrupted, "interrupted");
  });
  add("broken", [&](SnapshotBuilder&) {
    both_copy.arrive_and_wait();
    throw Error(ErrorCode::failed, "the server went away");
  });
  expect_error(ErrorCode::failed, "broken: the server went away", [&] { run(); });
  EXPECT_TRUE(repository_->snapshots().empty());
}

TEST_F(IngestParallel, ASourceThatOnlyWritesIsStoppedAsWell) {
  std::barrier both_copy(2);
  add("endless", [&](SnapshotBuilder& builder) {
    both_copy.arrive_and_wait();
    builder.add_file({.path = "endless", .mtime = {}}, [](FileWriter& writer) {
      while (true) writer.produced(writer.buffer().size());
    });
  });
  add("broken", [&](SnapshotBuilder&) {
    both_copy.arrive_and_wait();
    throw Error(ErrorCode::io, "broken cannot be read");
  });
  expect_error(ErrorCode::io, "broken cannot be read", [&] { run(); });
  EXPECT_TRUE(repository_->snapshots().empty());
}

TEST_F(IngestParallel, AStopEndsAll) {
  std::stop_source stop;
  request_.stop = stop.get_token();
  std::barrier all_copy(3);
  for (const char* name : {"a", "b", "c"}) {
    add(name, [&, name](SnapshotBuilder& builder) {
      all_copy.arrive_and_wait();
      if (name == std::string("c")) stop.request_stop();
      builder.add_file({.path = name, .mtime = {}}, [](FileWriter& writer) {
        while (true) writer.produced(writer.buffer().size());
      });
    });
  }
  expect_error(ErrorCode::interrupted, "interrupted", [&] { run(); });
  EXPECT_TRUE(repository_->snapshots().empty());
}

TEST_F(IngestParallel, ProgressIsToldOneCallAtATime) {
  std::atomic<int> inside = 0;
  std::uint64_t last = 0;
  request_.progress = [&](const IngestProgress& now) {
    EXPECT_EQ(++inside, 1);
    EXPECT_GE(now.bytes_read, last);
    last = now.bytes_read;
    --inside;
  };
  for (unsigned i = 0; i < 4; ++i) {
    add(std::to_string(i), [i](SnapshotBuilder& builder) {
      write(builder, std::to_string(i), random_bytes(400'000, i), Chunking::extents);
    });
  }
  run();
  EXPECT_EQ(last, 1'600'000U);
}

TEST_F(IngestParallel, TwoFilesOfOnePathAreRefused) {
  for (const char* name : {"a", "b"}) {
    add(name,
        [](SnapshotBuilder& builder) { write(builder, "same", as_bytes("x"), Chunking::extents); });
  }
  expect_error(ErrorCode::usage, "'same'", [&] { run(); });
  EXPECT_TRUE(repository_->snapshots().empty());
}

TEST_F(IngestParallel, AFileBelowAFileIsRefused) {
  add("a", [](SnapshotBuilder& b) { write(b, "a", as_bytes("x"), Chunking::extents); });
  add("b", [](SnapshotBuilder& b) { write(b, "a/b", as_bytes("x"), Chunking::extents); });
  expect_error(ErrorCode::usage, "'a'", [&] { run(); });
}

}  // namespace
}  // namespace varve
