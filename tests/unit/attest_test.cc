// Attestations of one snapshot, made by many at once: each is kept.
#include <fmt/format.h>

#include <memory>
#include <set>
#include <thread>

#include "tests/support/child.h"
#include "tests/support/test_repository.h"

namespace varve {
namespace {

constexpr int kWriters = 4;
constexpr int kEach = 20;

class AttestTest : public ::testing::Test {
 protected:
  void SetUp() override { snapshot_ = repository_.take(Bytes(kTestExtent), "a.db"); }

  // Each says which it is by its detail.
  static void attest_each(Repository& repository, const SnapshotId& id, int writer) {
    for (int i = 0; i < kEach; ++i) {
      Attestation made;
      made.source = "a.db";
      made.level = "full";
      made.detail = fmt::format("{} of {}", i, writer);
      repository.attest(id, {made});
    }
  }

  void expect_all() {
    constexpr std::size_t all = std::size_t{kWriters} * kEach;
    std::set<std::string> in_catalog;
    const Snapshot snapshot = repository_->snapshots().front();
    for (const Attestation& one : snapshot.attestations) {
      in_catalog.insert(one.detail);
    }
    EXPECT_EQ(in_catalog.size(), all);
    std::set<std::string> in_blobs;
    for (const BlobInfo& blob : repository_->blobs().list(attestation_prefix(snapshot_.id))) {
      Bytes bytes(blob.size);
      repository_->blobs().open(blob.name)->read_exact_at(0, bytes);
      for (const Attestation& one : decode_attestations(bytes, snapshot_.id)) {
        in_blobs.insert(one.detail);
      }
    }
    EXPECT_EQ(in_blobs.size(), all);
  }

  TestRepository repository_;
  Snapshot snapshot_;
};

TEST_F(AttestTest, ByThreads) {
  {
    std::vector<std::jthread> writers;
    for (int writer = 0; writer < kWriters; ++writer) {
      writers.emplace_back([&, writer] { attest_each(*repository_, snapshot_.id, writer); });
    }
  }
  expect_all();
}

TEST_F(AttestTest, ByProcesses) {
  const Path path = repository_.path();
  const SnapshotId id = snapshot_.id;
  repository_.close();
  std::vector<std::unique_ptr<Child>> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.push_back(std::make_unique<Child>([&, writer] {
      attest_each(*Repository::open(path), id, writer);
      return 0;
    }));
  }
  for (const auto& writer : writers) EXPECT_EQ(writer->wait(), 0);
  repository_.reopen();
  expect_all();
}

}  // namespace
}  // namespace varve
