#include "store/repair/repair_catalog.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <set>

#include "store/core/error.h"
#include "store/repair/repair_packs.h"
#include "store/repository/reader_session.h"
#include "store/repository/session.h"
#include "tests/support/child.h"
#include "tests/support/expect_error.h"
#include "tests/support/test_repository.h"

namespace varve {
namespace {

void replace_file(const Path& path, const Bytes& bytes) {
  std::filesystem::remove(path);
  write_file_atomically(path, bytes);
}

std::set<std::string> names_in(const Path& folder) {
  std::set<std::string> names;
  for (const auto& item : std::filesystem::directory_iterator(folder)) {
    names.insert(item.path().filename());
  }
  return names;
}

class RepairCatalogTest : public testing::Test {
 protected:
  RepairCatalogTest() {
    states_.push_back(make_pages(random_, 20));
    states_.push_back(change_pages(random_, states_[0], 9));
    states_.push_back(make_pages(random_, 6));
    snapshots_.push_back(repository_.take(states_[0]));
    snapshots_.push_back(repository_.take(states_[1]));
    snapshots_.push_back(repository_.take(states_[2], "text", Chunking::content));
    Attestation attestation;
    attestation.source = "db";
    attestation.level = "full";
    attestation.passed = true;
    attestation.file = "db";
    // More than nine: their order is that of numbers.
    for (int i = 1; i <= 11; ++i) {
      attestation.seconds = i;
      repository_->attest(snapshots_[1].id, {attestation});
    }
    chunks_ = repository_->catalog().chunk_count();
    repository_.close();
  }

  Path catalog(TestRepository& repository) const { return repository.path() / "catalog.db"; }

  CatalogRepairResult repair(TestRepository& repository) {
    repository.close();
    return repair_catalog(repository.path(), {});
  }

  // All is as it was, and goes on.
  void expect_whole(TestRepository& repository) {
    repository.reopen();
    repository.expect_sound();
    const std::vector<Snapshot> found = repository->snapshots();
    ASSERT_EQ(found.size(), snapshots_.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i].name, snapshots_[i].name);
      EXPECT_EQ(found[i].id, snapshots_[i].id);
      repository.expect_holds(found[i], states_[i]);
    }
    ASSERT_EQ(found[1].attestations.size(), 11u);
    for (int i = 0; i < 11; ++i) {
      EXPECT_EQ(found[1].attestations[static_cast<std::size_t>(i)].seconds, i + 1);
    }
    EXPECT_EQ(repository->catalog().chunk_count(), chunks_);
    const Bytes next = change_pages(random_, states_[1], 3);
    const Snapshot taken = repository.take(next, "next");
    repository.expect_holds(taken, next);
    repository.gc();
    repository.expect_sound();
  }

  std::mt19937_64 random_{3};
  TestRepository repository_;
  std::vector<Bytes> states_;
  std::vector<Snapshot> snapshots_;
  std::uint64_t chunks_ = 0;
};

TEST_F(RepairCatalogTest, ADeletedCatalogIsMadeAnew) {
  for (const char* suffix : {"", "-wal", "-shm"}) remove_file(Path(catalog(repository_)) += suffix);
  expect_error(ErrorCode::not_found, "'varve repair catalog'",
               [&] { Repository::open(repository_.path()); });
  const CatalogRepairResult result = repair(repository_);
  EXPECT_EQ(result.packs, 3u);
  EXPECT_EQ(result.snapshots, 3u);
  EXPECT_EQ(result.attestations, 11u);
  EXPECT_EQ(result.chunks, chunks_);
  EXPECT_TRUE(result.kept_as.empty());
  EXPECT_TRUE(result.left_out.empty());
  EXPECT_TRUE(result.hurt.empty());
  expect_whole(repository_);
}

TEST_F(RepairCatalogTest, TheOldOneIsKept) {
  const Bytes before = read_file(catalog(repository_));
  EXPECT_EQ(repair(repository_).kept_as, std::vector<std::string>{"catalog.db.broken"});
  EXPECT_EQ(read_file(repository_.path() / "catalog.db.broken"), before);
  EXPECT_EQ(repair(repository_).kept_as, std::vector<std::string>{"catalog.db.broken.2"});
  expect_whole(repository_);
}

// A journal that was not folded in goes with its catalog, and never meets the new one.
TEST_F(RepairCatalogTest, WithItsJournal) {
  Child writer([&]() -> int {
    const auto repository = Repository::open(repository_.path());
    Attestation attestation;
    attestation.source = "db";
    repository->attest(snapshots_[0].id, {attestation});
    ::_exit(0);
  });
  ASSERT_EQ(writer.wait(), 0);
  const Bytes journal = read_file(repository_.path() / "catalog.db-wal");
  ASSERT_FALSE(journal.empty());
  const CatalogRepairResult result = repair(repository_);
  EXPECT_EQ(result.kept_as,
            (std::vector<std::string>{"catalog.db.broken", "catalog.db.broken-wal"}));
  EXPECT_EQ(read_file(repository_.path() / "catalog.db.broken-wal"), journal);
  EXPECT_EQ(result.attestations, 12u);
  repository_.reopen();
  EXPECT_EQ(repository_->snapshots()[0].attestations.size(), 1u);
  repository_.expect_sound();
}

TEST_F(RepairCatalogTest, WhateverIsWrongWithTheOldOne) {
  const Bytes good = read_file(catalog(repository_));
  std::vector<Bytes> broken = {{}, Bytes(good.size()), Bytes(100, std::byte{7})};
  // The header, the schema, and every page's own header; then anything.
  for (std::size_t at = 0; at < good.size(); at += at < 100 ? 19 : 5000) {
    broken.push_back(good);
    broken.back()[at] ^= std::byte{0x81};
  }
  for (std::size_t page = 0; page < good.size(); page += 3 * 4096) {
    broken.push_back(good);
    for (std::size_t at = page; at < page + 40; ++at) broken.back()[at] ^= std::byte{0x55};
    broken.emplace_back(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(page + 11));
  }
  for (std::size_t i = 0; i < broken.size(); ++i) {
    TestRepository repository(repository_.path());
    repository.close();
    replace_file(catalog(repository), broken[i]);
    const CatalogRepairResult result = repair(repository);
    EXPECT_TRUE(result.left_out.empty());
    expect_whole(repository);
    ASSERT_FALSE(HasFailure()) << "case " << i;
  }
}

TEST_F(RepairCatalogTest, ADamagedCatalogNamesTheCommand) {
  replace_file(catalog(repository_), Bytes(8192, std::byte{1}));
  expect_error(ErrorCode::corrupt, "'varve repair catalog'",
               [&] { Repository::open(repository_.path()); });
}

// --- records ---------------------------------------------------------------------------------

TEST_F(RepairCatalogTest, AForgottenSnapshotWhoseRecordWasStillThereIsOneAgain) {
  const Bytes record = read_file(repository_.path() / record_name(snapshots_[0].id));
  repository_.reopen();
  forget(*repository_, {snapshots_[0].id});
  EXPECT_EQ(repository_->snapshots().size(), 2u);
  write_file_atomically(repository_.path() / record_name(snapshots_[0].id), record);
  EXPECT_EQ(repair(repository_).snapshots, 3u);
  expect_whole(repository_);
}

TEST_F(RepairCatalogTest, ADamagedRecordIsLeftOutAndKept) {
  remove_file(catalog(repository_));
  const Path file = repository_.path() / record_name(snapshots_[2].id);
  Bytes bytes = read_file(file);
  bytes[30] ^= std::byte{1};
  replace_file(file, bytes);
  const Path proof = repository_.path() / (attestation_prefix(snapshots_[1].id) + "4");
  replace_file(proof, Bytes(10));
  const CatalogRepairResult result = repair(repository_);
  EXPECT_EQ(result.snapshots, 2u);
  EXPECT_EQ(result.attestations, 10u);
  ASSERT_EQ(result.left_out.size(), 2u);
  EXPECT_TRUE(result.left_out[0].starts_with("attestations/"));
  EXPECT_TRUE(result.left_out[1].starts_with(record_name(snapshots_[2].id) + ": "));
  EXPECT_EQ(read_file(repository_.path() / "broken" / file.filename()), bytes);
  ASSERT_EQ(result.records_aside.size(), 1u);
  EXPECT_EQ(result.records_aside[0].name, record_name(snapshots_[2].id));
  EXPECT_EQ(repository_.path() / result.records_aside[0].kept_as,
            repository_.path() / "broken" / file.filename());
  repository_.reopen();
  repository_.expect_sound();
  repository_.gc();
  repository_.expect_sound();
}

TEST_F(RepairCatalogTest, TheOldCatalogsCopyOfARecordSavesIt) {
  const Path damaged = repository_.path() / record_name(snapshots_[2].id);
  Bytes bytes = read_file(damaged);
  bytes[30] ^= std::byte{1};
  replace_file(damaged, bytes);
  remove_file(repository_.path() / record_name(snapshots_[0].id));
  const CatalogRepairResult result = repair(repository_);
  EXPECT_TRUE(result.left_out.empty());
  EXPECT_TRUE(result.records_aside.empty());
  expect_whole(repository_);
}

TEST_F(RepairCatalogTest, OfTwoRecordsOfOneNameOneStays) {
  repository_.reopen();
  Snapshot rival = snapshots_[1];
  rival.id = random_id<SnapshotId>();
  const auto blob = repository_->blobs().create(record_name(rival.id));
  blob->append(encode_record(rival));
  blob->commit();
  const CatalogRepairResult result = repair(repository_);
  ASSERT_EQ(result.left_out.size(), 1u);
  EXPECT_TRUE(result.left_out[0].starts_with(record_name(rival.id)));
  ASSERT_EQ(result.records_aside.size(), 1u);
  EXPECT_EQ(result.records_aside[0].name, record_name(rival.id));
  expect_whole(repository_);  // the one with attestations
}

// --- packs -----------------------------------------------------------------------------------

TEST_F(RepairCatalogTest, WhatIsLostIsNamedAndTheRestIsThere) {
  repository_.reopen();
  const PackId first = repository_->catalog().packs()[0].id;
  const PackEntry hit = repository_->packs().entries(first).at(2);
  Bytes bytes = read_file(repository_.path() / pack_name(first));
  bytes[hit.offset + hit.length - 1] ^= std::byte{1};
  replace_file(repository_.path() / pack_name(first), bytes);
  const CatalogRepairResult result = repair(repository_);
  ASSERT_EQ(result.damaged_packs.size(), 1u);
  EXPECT_EQ(result.snapshots, 3u);
  ASSERT_FALSE(result.hurt.empty());
  EXPECT_EQ(result.hurt[0].snapshot, snapshots_[0].name);
  EXPECT_EQ(result.hurt[0].ranges.size(), 1u);
  EXPECT_EQ(result.hurt[0].ranges[0].length, kTestExtent);
  repository_.reopen();
  EXPECT_EQ(repair_packs(*repository_, {}).hurt.size(), result.hurt.size());
  repository_.take(states_[0]);
  repair_packs(*repository_, {});
  repository_.expect_sound();
}

// After a repair of packs: a delta whose base is lost is in no catalog.
TEST_F(RepairCatalogTest, ADeltaWithoutItsBaseIsLeftOut) {
  repository_.reopen();
  const PackId first = repository_->catalog().packs()[0].id;
  std::filesystem::remove(repository_.path() / pack_name(first));
  repository_.reopen();
  const std::size_t hurt = repair_packs(*repository_, {}).hurt.size();
  const std::uint64_t chunks = repository_->catalog().chunk_count();
  const CatalogRepairResult result = repair(repository_);
  EXPECT_GT(result.unreadable_objects, 0u);
  EXPECT_EQ(result.hurt.size(), hurt);
  EXPECT_LE(result.chunks, chunks);
  repository_.reopen();
  repository_.gc();
  const Snapshot healed = repository_.take(states_[1]);
  repository_.expect_holds(healed, states_[1]);
}

// --- who else is there, and sudden ends ------------------------------------------------------

TEST_F(RepairCatalogTest, RefusesWhereSomebodyHasTheRepositoryOpen) {
  repository_.reopen();
  const auto refused = [&](const std::string& part) {
    expect_error(ErrorCode::locked, part, [&] { repair_catalog(repository_.path(), {}); });
  };
  refused("by another varve command");
  {
    const IngestSession session(*repository_);
    refused("varve ingest");
  }
  {
    const FileLock gc = lock_gc(*repository_);
    refused("varve gc");
  }
  {
    const ReaderSession reader(*repository_, "varve mount on /mnt");
    refused("varve mount on /mnt");
  }
  repository_.close();
  {
    const Repository::Alone alone = Repository::lock_alone(repository_.path());
    expect_error(ErrorCode::locked, "being rebuilt", [&] { Repository::open(repository_.path()); });
    refused("in use");
  }
  EXPECT_EQ(repair(repository_).snapshots, 3u);
  expect_error(ErrorCode::no_repository, "", [&] { repair_catalog("/nowhere", {}); });
}

TEST_F(RepairCatalogTest, KilledAnywhereAnotherOneMendsIt) {
  Child writer([&]() -> int {  // with a journal
    const auto repository = Repository::open(repository_.path());
    repository->catalog().condemn({});
    ::_exit(0);
  });
  ASSERT_EQ(writer.wait(), 0);
  int killed = 0;
  for (int step = 1;; ++step) {
    TestRepository repository;
    repository.close();
    std::filesystem::remove_all(repository.path());
    std::filesystem::copy(repository_.path(), repository.path(),
                          std::filesystem::copy_options::recursive);
    int at = 0;
    Child child([&] {
      const auto die = [&] {
        if (++at == step) ::raise(SIGKILL);
      };
      CatalogRepairOptions options;
      options.progress = [&](std::uint64_t, std::uint64_t) { die(); };
      options.before = [&](const std::string&) { die(); };
      repair_catalog(repository.path(), options);
      return 0;
    });
    const int status = child.wait();
    if (status == 0) break;
    ASSERT_EQ(status, -SIGKILL);
    ++killed;
    // Either catalog, or none; never a part of one.
    const auto error = error_of([&] { repository.reopen(); });
    if (error) {
      EXPECT_EQ(error->code(), ErrorCode::not_found) << error->what();
    } else {
      repository.expect_sound();
    }
    repair(repository);
    expect_whole(repository);
    for (const std::string& name : names_in(repository.path())) {
      EXPECT_FALSE(name.starts_with("catalog.db.new") || name.starts_with("catalog.db.copy"))
          << name;
    }
    ASSERT_FALSE(HasFailure()) << "step " << step;
  }
  EXPECT_GE(killed, 7);  // three packs, and each step of the exchange
}

TEST_F(RepairCatalogTest, StopsWithTheOldOneInPlace) {
  std::stop_source stop;
  stop.request_stop();
  expect_error(ErrorCode::interrupted, "", [&] {
    repair_catalog(repository_.path(), {.progress = {}, .before = {}, .stop = stop.get_token()});
  });
  expect_whole(repository_);
}

}  // namespace
}  // namespace varve
