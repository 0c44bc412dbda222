#include "store/check/check.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <cmath>

#include "store/core/error.h"
#include "tests/support/expect_error.h"
#include "tests/support/test_repository.h"

namespace varve {
namespace {

void replace_file(const Path& path, const Bytes& bytes) {
  std::filesystem::remove(path);
  write_file_atomically(path, bytes);
}

void run_sql(const Path& database, const std::string& sql) {
  sqlite3* connection = nullptr;
  ASSERT_EQ(sqlite3_open(database.c_str(), &connection), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(connection, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(connection);
  sqlite3_close(connection);
}

bool names(const Damage& damage, const std::string& file) {
  return std::find(damage.files.begin(), damage.files.end(), file) != damage.files.end();
}

class CheckTest : public testing::Test {
 protected:
  CheckTest() {
    bytes_ = make_pages(random_, 6);
    first_ = repository_.take(bytes_);
    bytes_ = change_pages(random_, bytes_, 4);
    second_ = repository_.take(bytes_);
    third_ = repository_.take(make_pages(random_, 5), "other");
  }

  std::vector<Path> pack_files() const {
    std::vector<Path> files;
    for (const BlobInfo& blob : repository_->blobs().list("packs/")) {
      files.push_back(repository_.path() / blob.name);
    }
    return files;
  }
  Path pack_file(std::size_t number) const {
    return repository_.path() / pack_name(repository_->catalog().packs()[number].id);
  }
  CheckResult structure() {
    repository_.reopen();
    return check(*repository_, {});
  }
  CheckResult data() {
    repository_.reopen();
    return repository_.check_all();
  }
  std::string file_of(const Snapshot& snapshot) const {
    return snapshot.name + ":" + snapshot.files.front().path;
  }

  std::mt19937_64 random_{11};
  TestRepository repository_;
  Bytes bytes_;
  Snapshot first_;
  Snapshot second_;
  Snapshot third_;
};

TEST_F(CheckTest, SoundRepository) {
  const CheckResult quick = structure();
  EXPECT_TRUE(quick.damage.empty()) << quick.damage.front().what;
  EXPECT_EQ(quick.snapshots, 3u);
  EXPECT_EQ(quick.read_chunks, 0u);
  const CheckResult whole = data();
  EXPECT_TRUE(whole.damage.empty());
  EXPECT_EQ(whole.read_chunks, whole.chunks);
  EXPECT_EQ(whole.chunks, repository_->catalog().chunk_count());
  EXPECT_GT(whole.raw_bytes, 11u * kTestExtent);
}

TEST_F(CheckTest, EmptyRepository) {
  TestRepository empty;
  const CheckResult result = empty.check_all();
  EXPECT_TRUE(result.damage.empty());
  EXPECT_EQ(result.chunks, 0u);
}

// A bit flipped anywhere in a pack: frames, headers, ids, bases, data.
TEST_F(CheckTest, FindsEveryFlippedBit) {
  for (const Path& file : pack_files()) {
    const Bytes good = read_file(file);
    // Every byte of the frames, and a sample between them.
    const auto step = [&](std::size_t at) -> std::size_t {
      return at < 200 || good.size() - at < 200 ? 1 : 41;
    };
    for (std::size_t at = 0; at < good.size(); at += step(at)) {
      Bytes bad = good;
      bad[at] ^= static_cast<std::byte>(1u << (at % 8));
      replace_file(file, bad);
      const CheckResult result = data();
      EXPECT_FALSE(result.damage.empty()) << file << " at " << at;
      ASSERT_FALSE(HasFailure());
    }
    replace_file(file, good);
  }
  EXPECT_TRUE(data().damage.empty());
}

TEST_F(CheckTest, FindsEveryTruncation) {
  const Path file = pack_file(1);
  const Bytes good = read_file(file);
  for (std::size_t length = 0; length < good.size(); length += 13) {
    replace_file(file, Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length)));
    EXPECT_FALSE(structure().damage.empty()) << length;
  }
}

TEST_F(CheckTest, NamesOnlyWhatIsHurt) {
  // The third snapshot's pack: nobody else needs it.
  Bytes bytes = read_file(pack_file(2));
  bytes[1000] ^= std::byte{4};
  replace_file(pack_file(2), bytes);
  const CheckResult result = data();
  ASSERT_EQ(result.damage.size(), 1u);
  EXPECT_EQ(result.damage[0].files, std::vector{file_of(third_)});
  EXPECT_NE(result.damage[0].what.find(pack_file(2).filename().native()), std::string::npos);
}

TEST_F(CheckTest, ADamagedBaseHurtsWhatIsBuiltOnIt) {
  // All of the first snapshot's data lies in the first pack; the second has deltas on it.
  Bytes bytes = read_file(pack_file(0));
  std::uint64_t hurt = 0;
  for (const PackEntry& entry :
       repository_->packs().entries(repository_->catalog().packs()[0].id)) {
    if (entry.parsed.header.kind != ObjectKind::data) continue;
    bytes[entry.offset + entry.length - 1] ^= std::byte{1};
    ++hurt;
  }
  replace_file(pack_file(0), bytes);
  const CheckResult result = data();
  ASSERT_EQ(result.damage.size(), hurt);
  for (const Damage& damage : result.damage) {
    EXPECT_EQ(damage.files, (std::vector{file_of(second_), file_of(first_)})) << damage.what;
  }
}

TEST_F(CheckTest, AMissingPackIsOneDamage) {
  std::filesystem::remove(pack_file(0));
  for (const CheckResult& result : {structure(), data()}) {
    ASSERT_GE(result.damage.size(), 1u);
    const auto missing =
        std::find_if(result.damage.begin(), result.damage.end(),
                     [](const Damage& damage) { return damage.what.ends_with(" is missing"); });
    ASSERT_NE(missing, result.damage.end());
    EXPECT_TRUE(names(*missing, file_of(first_)));
    EXPECT_TRUE(names(*missing, file_of(second_)));
    EXPECT_FALSE(names(*missing, file_of(third_)));
  }
}

TEST_F(CheckTest, ACrowdOfDamagesDoesNotFillTheReport) {
  const Snapshot large = repository_.take(make_pages(random_, 100), "large");
  const Path file = pack_file(3);
  Bytes bytes = read_file(file);
  for (std::size_t at = 100; at < bytes.size() - 2000; at += 64) bytes[at] ^= std::byte{1};
  replace_file(file, bytes);
  const CheckResult result = data();
  EXPECT_GT(result.damage.size(), 5u);
  EXPECT_LT(result.damage.size(), 50u);
  for (const Damage& damage : result.damage) EXPECT_FALSE(names(damage, file_of(first_)));
}

TEST_F(CheckTest, AMissingRow) {
  repository_.close();
  run_sql(repository_.path() / "catalog.db",
          "DELETE FROM chunks WHERE key=(SELECT key FROM chunks LIMIT 1)");
  repository_.reopen();
  const CheckResult result = structure();
  ASSERT_GE(result.damage.size(), 1u);
  EXPECT_NE(result.damage[0].what.find("is missing from the catalog"), std::string::npos);
  EXPECT_FALSE(result.damage[0].files.empty());
}

TEST_F(CheckTest, ARowThatLeadsElsewhere) {
  repository_.close();
  run_sql(repository_.path() / "catalog.db",
          "UPDATE chunks SET at=(SELECT at FROM chunks ORDER BY key DESC LIMIT 1)"
          " WHERE key=(SELECT min(key) FROM chunks)");
  repository_.reopen();
  const CheckResult result = structure();
  ASSERT_GE(result.damage.size(), 1u);
  EXPECT_FALSE(result.damage[0].files.empty());
}

TEST_F(CheckTest, DamagedCatalogFile) {
  repository_.close();
  const Path file = repository_.path() / "catalog.db";
  Bytes bytes = read_file(file);
  for (std::size_t at = 4096; at < bytes.size(); at += 97) bytes[at] ^= std::byte{0x55};
  replace_file(file, bytes);
  try {
    EXPECT_FALSE(data().damage.empty());
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::corrupt) << "opening it may fail already";
  }
}

TEST_F(CheckTest, RecordsAndAttestations) {
  Attestation attestation;
  attestation.source = "db";
  attestation.level = "full";
  attestation.passed = true;
  attestation.file = "db";
  repository_->attest(second_.id, {attestation});
  ASSERT_TRUE(structure().damage.empty());

  const Path record = repository_.path() / record_name(second_.id);
  const Path proof = repository_.path() / (attestation_prefix(second_.id) + "1");
  for (const Path& file : {record, proof}) {
    const Bytes good = read_file(file);
    for (std::size_t at = 0; at < good.size(); ++at) {
      Bytes bad = good;
      bad[at] ^= std::byte{1};
      replace_file(file, bad);
      const CheckResult result = structure();
      ASSERT_FALSE(result.damage.empty()) << file << " at " << at;
      EXPECT_EQ(result.damage[0].files, std::vector{file_of(second_)});
    }
    std::filesystem::remove(file);
    const CheckResult result = structure();
    ASSERT_EQ(result.damage.size(), 1u);
    EXPECT_EQ(result.damage[0].files, std::vector{file_of(second_)});
    write_file_atomically(file, good);
  }
  EXPECT_TRUE(structure().damage.empty());
}

TEST_F(CheckTest, DamageThatNobodyNeedsIsNone) {
  Bytes bytes = read_file(pack_file(2));
  bytes[1000] ^= std::byte{4};
  replace_file(pack_file(2), bytes);
  forget(*repository_, {third_.id});
  EXPECT_TRUE(data().damage.empty());
}

TEST_F(CheckTest, APartOfTheData) {
  for (const double percent : {1.0, 30.0, 99.0}) {
    const CheckResult result = check(*repository_, {.read_data = true, .percent = percent});
    EXPECT_TRUE(result.damage.empty());
    EXPECT_EQ(
        result.read_chunks,
        static_cast<std::uint64_t>(std::ceil(static_cast<double>(result.chunks) * percent / 100)));
  }
}

TEST_F(CheckTest, TellsItsProgressAndStops) {
  std::uint64_t last = 0;
  std::uint64_t all = 0;
  CheckOptions options{.read_data = true};
  options.progress = [&](std::uint64_t done, std::uint64_t of) {
    last = done;
    all = of;
  };
  const CheckResult result = check(*repository_, options);
  EXPECT_EQ(last, result.chunks);
  EXPECT_EQ(all, result.chunks);
  std::stop_source stop;
  stop.request_stop();
  options.stop = stop.get_token();
  expect_error(ErrorCode::interrupted, "", [&] { check(*repository_, options); });
}

}  // namespace
}  // namespace varve
