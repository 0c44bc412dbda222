#include "store/restore/restore.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "store/ingest/ingest.h"
#include "tests/support/expect_error.h"
#include "tests/support/memory_source.h"
#include "tests/support/temp_folder.h"

namespace varve {
namespace {

Bytes noise(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  Bytes bytes(size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  return bytes;
}

class Restore : public testing::Test {
 protected:
  Restore() {
    Repository::create(folder_ / "repo");
    repository_ = Repository::open(folder_ / "repo");
    std::vector<MemoryFile> files = {
        {.path = "a/deep/one.dat", .bytes = noise(300'000, 1), .mode = 0640},
        {.path = "a/two.dat", .bytes = noise(1, 2), .chunking = Chunking::content},
        {.path = "empty", .bytes = {}},
        {.path = "three.dat", .bytes = noise(2'000'000, 3), .chunking = Chunking::content}};
    files_ = files;
    IngestRequest request;
    request.sources.push_back(std::make_unique<MemorySource>("dump", std::move(files)));
    snapshot_ = ingest(*repository_, std::move(request)).snapshot;
  }

  RestoreResult restore_all(const RestoreOptions& options = {}) {
    return restore_snapshot(*repository_, snapshot_, target(), options);
  }
  Path target() const { return folder_ / "out"; }
  // Files and folders below the target, and nothing where there is no target.
  std::set<std::string> found() const {
    std::set<std::string> names;
    if (!std::filesystem::exists(target())) return names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(target())) {
      names.insert(entry.path().lexically_relative(target()));
    }
    return names;
  }

  TempFolder folder_;
  std::unique_ptr<Repository> repository_;
  std::vector<MemoryFile> files_;
  Snapshot snapshot_;
};

TEST_F(Restore, ASnapshotOfManyFilesComesBackAsItWas) {
  std::uint64_t all = 0;
  RestoreOptions options;
  options.progress = [&](std::uint64_t done, std::uint64_t whole) {
    EXPECT_LE(done, whole);
    all = whole;
  };
  const RestoreResult result = restore_all(options);
  EXPECT_EQ(result.files.size(), 4U);
  EXPECT_EQ(result.raw_bytes, 2'300'001U);
  EXPECT_EQ(all, result.raw_bytes);
  for (const MemoryFile& file : files_) {
    EXPECT_EQ(read_file(target() / file.path), file.bytes) << file.path;
    const struct stat status = File::open_read(target() / file.path).status();
    EXPECT_EQ(status.st_mode & 07777, file.mode) << file.path;
    EXPECT_EQ(status.st_mtime, file.mtime.seconds) << file.path;
  }
  EXPECT_EQ(found(), (std::set<std::string>{"a", "a/deep", "a/deep/one.dat", "a/two.dat", "empty",
                                            "three.dat"}));
}

TEST_F(Restore, OneFileIntoAFolderKeepsItsNameOnly) {
  std::filesystem::create_directory(target());
  restore_file(*repository_, snapshot_, *snapshot_.find("a/deep/one.dat"), target(), {});
  EXPECT_EQ(found(), std::set<std::string>{"one.dat"});
}

TEST_F(Restore, AnInterruptionLeavesNothing) {
  std::stop_source stop;
  RestoreOptions options;
  options.stop = stop.get_token();
  options.progress = [&](std::uint64_t done, std::uint64_t all) {
    if (done > all / 2) stop.request_stop();
  };
  expect_error(ErrorCode::interrupted, "nothing was restored", [&] { restore_all(options); });
  EXPECT_FALSE(std::filesystem::exists(target()));
}

TEST_F(Restore, AnExistingFileStopsAllAndFoldersMadeGoAgain) {
  std::filesystem::create_directory(target());
  write_file_atomically(target() / "three.dat", as_bytes("mine"));
  expect_error(ErrorCode::failed, "three.dat", [&] { restore_all(); });
  EXPECT_EQ(found(), std::set<std::string>{"three.dat"});
  RestoreOptions force;
  force.force = true;
  restore_all(force);
  EXPECT_EQ(read_file(target() / "three.dat"), files_[3].bytes);
}

TEST_F(Restore, NoLinkBelowTheTargetIsFollowed) {
  std::filesystem::create_directory(target());
  std::filesystem::create_directory(folder_ / "elsewhere");
  std::filesystem::create_directory_symlink(folder_ / "elsewhere", target() / "a");
  expect_error(ErrorCode::failed, "a is not a folder", [&] { restore_all(); });
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "elsewhere"));
}

TEST_F(Restore, APathThatLeadsOutIsDamageAndWritesNothing) {
  for (const char* path : {"../out.dat", "a/../../out.dat", "/tmp/varve-out.dat"}) {
    Snapshot evil = snapshot_;
    evil.files = {snapshot_.files.front()};
    evil.files.front().path = path;
    EXPECT_TRUE(error_of([&] { restore_snapshot(*repository_, evil, target(), {}); })) << path;
    EXPECT_FALSE(std::filesystem::exists(folder_ / "out.dat"));
    EXPECT_FALSE(std::filesystem::exists("/tmp/varve-out.dat"));
  }
}

TEST_F(Restore, AWrongWholeHashIsNoticed) {
  Attestation wrong;
  wrong.source = "dump";
  wrong.file = "three.dat";
  wrong.passed = true;
  wrong.sha256 = Sha256{};
  snapshot_.attestations.push_back(wrong);
  expect_error(ErrorCode::corrupt, "three.dat", [&] { restore_all(); });
  EXPECT_FALSE(std::filesystem::exists(target()));
}

}  // namespace
}  // namespace varve
