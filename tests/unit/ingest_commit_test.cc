// When the commit is done the snapshot is there: what fails behind it makes no ingest fail.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/failing_parts.h"
#include "tests/support/test_repository.h"

namespace varve {
namespace {

namespace fs = std::filesystem;

class UnchangedSource : public MemorySource {
 public:
  using MemorySource::MemorySource;
  Bytes fingerprint() override { return Bytes(8); }
};

class CatalogWithoutAttestations : public FailingCatalog {
 public:
  using FailingCatalog::FailingCatalog;
  void add_attestation(const SnapshotId&, ByteView, const std::function<void()>&) override {
    throw Error(ErrorCode::no_space, "no space left on device");
  }
};

TEST(IngestCommitTest, ACacheThatCannotBeWritten) {
  std::mt19937_64 random(11);
  TestRepository repository;
  Bytes bytes = make_pages(random, 12);
  repository.take(bytes);
  std::vector<Path> caches;
  for (const auto& item : fs::recursive_directory_iterator(repository.path())) {
    if (item.path().extension() == ".fingerprints") caches.push_back(item.path());
  }
  ASSERT_FALSE(caches.empty());
  for (const Path& cache : caches) {
    fs::remove(cache);
    fs::create_directory(cache);
  }
  for (int i = 0; i < 2; ++i) {
    bytes = change_pages(random, bytes, 3);
    repository.expect_holds(repository.take(bytes), bytes);
  }
  repository.expect_sound();
}

TEST(IngestCommitTest, AProofThatCannotBeCarriedOver) {
  std::mt19937_64 random(12);
  FaultClock never(~std::uint64_t{0});
  TestRepository repository;
  const std::vector<MemoryFile> files = {{.path = "proven", .bytes = make_pages(random, 4)}};
  const Snapshot first = repository.take(std::make_unique<UnchangedSource>("proven", files));
  Attestation proof;
  proof.source = "proven";
  proof.level = "full";
  proof.passed = true;
  repository->attest(first.id, {proof});
  repository.reopen([&](RepositoryParts parts) {
    return RepositoryParts{std::move(parts.blobs), std::make_unique<CatalogWithoutAttestations>(
                                                       std::move(parts.catalog), never)};
  });

  IngestRequest request;
  request.sources.push_back(std::make_unique<UnchangedSource>("proven", files));
  request.sources.push_back(std::make_unique<MemorySource>(
      "other", std::vector<MemoryFile>{{.path = "other", .bytes = make_pages(random, 4)}}));
  const IngestResult result = ingest(*repository, std::move(request));
  EXPECT_EQ(result.unchanged_sources, std::vector<std::string>{"proven"});
  ASSERT_EQ(result.warnings.size(), 1U);
  EXPECT_NE(result.warnings.front().find("was not recorded: no space left"), std::string::npos)
      << result.warnings.front();
  repository.expect_sound();
  EXPECT_EQ(repository->snapshots().size(), 2U);
}

}  // namespace
}  // namespace varve
