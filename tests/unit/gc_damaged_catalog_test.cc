// What gc takes away where the catalog is not what it was: nothing that anybody needs.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>

#include "store/catalog/seen_generation.h"
#include "store/core/error.h"
#include "store/repair/repair_catalog.h"
#include "tests/support/expect_error.h"
#include "tests/support/test_repository.h"

namespace varve {
namespace {

namespace fs = std::filesystem;

std::set<std::string> stored_in(const Path& repository) {
  std::set<std::string> names;
  for (const char* part : {"packs", "snapshots", "attestations"}) {
    if (!fs::exists(repository / part)) continue;
    for (const auto& item : fs::recursive_directory_iterator(repository / part)) {
      if (item.is_regular_file()) names.insert(item.path().lexically_relative(repository));
    }
  }
  return names;
}

class GcDamagedCatalogTest : public testing::Test {
 protected:
  GcDamagedCatalogTest() {
    states_.push_back(make_pages(random_, 20));
    for (int i = 0; i < 3; ++i) states_.push_back(change_pages(random_, states_.back(), 5));
    for (const Bytes& state : states_) snapshots_.push_back(repository_.take(state));
  }

  Path catalog() const { return repository_.path() / "catalog.db"; }

  // gc on a copy, in which `damage` was done; nothing of the packs and records may go.
  void expect_nothing_goes(const std::function<void(const Path& repository)>& damage,
                           const std::string& what) {
    const TempFolder folder;
    const Path copy = folder / "repo";
    fs::copy(repository_.path(), copy, fs::copy_options::recursive);
    damage(copy);
    const std::set<std::string> before = stored_in(copy);
    const auto error = error_of([&] {
      const auto repository = Repository::open(copy);
      collect_garbage(*repository, {.worth = 0});
    });
    EXPECT_EQ(stored_in(copy), before)
        << what << ": " << (error ? error->what() : "gc was content");
  }

  // gc and check say what is the matter, ingests go on, and a repair brings every snapshot back.
  void expect_refused_until_repaired(TestRepository& repository, std::size_t snapshots) {
    const std::set<std::string> before = stored_in(repository.path());
    for (int i = 0; i < 4; ++i) {
      expect_error(ErrorCode::corrupt, "repair catalog", [&] { repository.gc(); });
      EXPECT_FALSE(repository.check_all().damage.empty());
      repository.take(states_.back());
    }
    EXPECT_TRUE(std::ranges::includes(stored_in(repository.path()), before));
    repository.close();
    repair_catalog(repository.path(), {});
    repository.reopen();
    EXPECT_EQ(repository->snapshots().size(), snapshots + 4);
    repository.gc();
    repository.expect_sound();
    for (std::size_t i = 0; i < snapshots_.size(); ++i) {
      repository.expect_holds(snapshots_[i], states_[i]);
    }
  }

  std::mt19937_64 random_{11};
  TestRepository repository_;
  std::vector<Bytes> states_;
  std::vector<Snapshot> snapshots_;
};

// The heads of all pages with their lists of cells, which decide what is found; and chance.
TEST_F(GcDamagedCatalogTest, WhateverByteOfTheCatalogIsFlippedNothingGoes) {
  constexpr std::size_t kPage = 4096;
  constexpr std::size_t kHead = 24;
  repository_.close();
  const Bytes good = read_file(catalog());
  std::set<std::size_t> places;
  for (std::size_t page = 0; page < good.size(); page += kPage) {
    for (std::size_t at = page; at < page + kHead; ++at) places.insert(at);
  }
  for (int i = 0; i < 300; ++i) {
    const std::size_t at = random_() % good.size();
    if (good[at] != std::byte{0}) places.insert(at);
  }
  for (const std::size_t at : places) {
    expect_nothing_goes(
        [&](const Path& copy) {
          Bytes bad = good;
          bad[at] ^= std::byte{static_cast<std::uint8_t>(1 + random_() % 255)};
          fs::remove(copy / "catalog.db");
          write_file_atomically(copy / "catalog.db", bad);
        },
        "byte " + std::to_string(at));
  }
}

// As long as anybody has the catalog open its last changes stand in the journal alone.
TEST_F(GcDamagedCatalogTest, WithoutItsJournalNothingGoes) {
  ASSERT_TRUE(fs::exists(catalog() += "-wal"));
  expect_nothing_goes([](const Path& copy) { fs::remove(copy / "catalog.db-wal"); }, "no journal");
  for (const std::uint64_t at : {0U, 40U, 60U, 5000U}) {
    expect_nothing_goes(
        [&](const Path& copy) {
          File journal = *File::open_to_change(copy / "catalog.db-wal");
          Bytes byte(1);
          journal.read_exact_at(at, byte);
          byte[0] ^= std::byte{0x10};
          journal.write_all_at(at, byte);
        },
        "journal, byte " + std::to_string(at));
  }
}

TEST_F(GcDamagedCatalogTest, AnOlderCopyIsKnownAndStaysKnown) {
  repository_.close();
  const Bytes old = read_file(catalog());
  repository_.reopen();
  repository_.take(states_[0]);
  repository_.take(states_[1]);
  repository_.close();
  fs::remove(catalog());
  write_file_atomically(catalog(), old);
  repository_.reopen();
  expect_refused_until_repaired(repository_, snapshots_.size() + 2);
}

TEST_F(GcDamagedCatalogTest, AnotherRepositorysCatalogTakesNothing) {
  for (const bool is_empty : {true, false}) {
    TestRepository other;
    for (int i = 0; !is_empty && i < 6; ++i) other.take(make_pages(random_, 3));
    other.close();
    repository_.close();
    expect_nothing_goes(
        [&](const Path& copy) {
          fs::remove(copy / "catalog.db");
          fs::copy(other.path() / "catalog.db", copy / "catalog.db");
        },
        is_empty ? "an empty one" : "one of other snapshots");
  }
}

// An older varve's repository has no such file, and a damaged one says nothing.
TEST_F(GcDamagedCatalogTest, WhatWasSeenMayBeMissingOrDamaged) {
  const Path seen = SeenGeneration::file_beside(catalog());
  const Bytes good = read_file(seen);
  EXPECT_EQ(SeenGeneration(catalog()).read(), repository_->catalog().generation());
  for (std::size_t at = 0; at < good.size(); ++at) {
    Bytes bad = good;
    bad[at] ^= std::byte{4};
    fs::remove(seen);
    write_file_atomically(seen, bad);
    EXPECT_FALSE(SeenGeneration(catalog()).read());
    repository_.gc();
  }
  fs::remove(seen);
  repository_.gc();
  repository_.expect_sound();
  repository_.take(states_[0]);
  EXPECT_EQ(SeenGeneration(catalog()).read(), repository_->catalog().generation());
}

// A pack that the catalog takes for dropped is looked at before its file goes.
TEST_F(GcDamagedCatalogTest, ADroppedPackThatIsNeededStays) {
  const std::set<std::string> before = stored_in(repository_.path());
  repository_->catalog().drop_packs({repository_->catalog().packs().front().id});
  error_of([&] { repository_.gc(); });  // content or not
  EXPECT_EQ(stored_in(repository_.path()), before);
}

}  // namespace
}  // namespace varve
