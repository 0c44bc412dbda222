// A repository with parity: each byte of each pack, record, attestation and sidecar flipped alone,
// bursts of the promised length, files cut short. All reads right at once, a check that repairs
// brings back the very same files; and beyond what is promised nothing reads wrong.
#include <gtest/gtest.h>

#include <algorithm>

#include "store/blob/parity_backend.h"
#include "store/core/error.h"
#include "store/repair/repair_catalog.h"
#include "tests/support/test_repository.h"
#include "tests/torture/chance.h"
#include "tests/torture/stored_files.h"

namespace varve::torture {
namespace {

constexpr std::size_t kFew = 60;  // places of each kind of damage, of a short run

RepositoryConfig small_config_with_parity() {
  RepositoryConfig config = small_config();
  config.parity_percent = 5;
  return config;
}

class ParityFlipTest : public testing::Test {
 protected:
  ParityFlipTest() {
    std::mt19937_64 random(11);
    Bytes bytes = make_pages(random, 12);
    for (int state = 0; state < 3; ++state) {
      const Snapshot snapshot = repository_.take(bytes);
      known_[snapshot.name] = bytes;
      Attestation attestation;
      attestation.source = "db";
      attestation.level = "full";
      repository_->attest(snapshot.id, {attestation});
      bytes = change_pages(random, bytes, 4);
    }
    repository_.close();
    for (const StoredFile& file : stored_files(repository_.path())) {
      if (!file.path.has_parent_path()) continue;  // the configuration, the catalog
      stored_.push_back(file);
      files_[file.path] = read_file(repository_.path() / file.path);
    }
    std::filesystem::copy(repository_.path(), path(), std::filesystem::copy_options::recursive);
  }

  Path path() const { return folder_ / "repo"; }

  // Places of all files, or of those that are no sidecars; as many as this run takes.
  std::vector<Place> places(bool with_sidecars, std::size_t few) const {
    std::vector<StoredFile> files = stored_;
    if (!with_sidecars) std::erase_if(files, [](const auto& file) { return file.is_sidecar(); });
    return cases_of_this_run(places_in(files), few,
                             [](const Place& place) { return name_of(place); });
  }

  void write(const Path& file, ByteView bytes) const {
    File open = File::open_or_create(path() / file);
    open.write_all_at(0, bytes);
    open.truncate(bytes.size());
  }

  static Bytes with_burst(Bytes bytes, std::uint64_t at, std::uint64_t length,
                          std::mt19937_64& random) {
    for (std::uint64_t i = at; i < std::min<std::uint64_t>(at + length, bytes.size()); ++i) {
      bytes[i] ^= static_cast<std::byte>(1 + random() % 255);
    }
    return bytes;
  }

  // How many snapshots read right; none may read wrong.
  std::size_t read_right() const {
    std::size_t right = 0;
    const auto repository = Repository::open(path());
    for (const Snapshot& snapshot : repository->snapshots()) {
      try {
        const FileEntry& file = snapshot.files.at(0);
        FileReader reader(repository->chunks(), file, ChunkReader::Check::stored);
        Bytes bytes(file.size);
        bytes.resize(reader.read(0, bytes));
        EXPECT_TRUE(bytes == known_.at(snapshot.name)) << "wrong bytes of " << snapshot.name;
        ++right;
      } catch (const Error&) {
      }
    }
    return right;
  }

  CheckResult check_all(bool repair) const {
    return check(*Repository::open(path()), {.read_data = true, .repair = repair});
  }

  void expect_as_it_was() const {
    for (const auto& [file, bytes] : files_) {
      ASSERT_TRUE(std::filesystem::exists(path() / file)) << file;
      EXPECT_TRUE(read_file(path() / file) == bytes) << file;
    }
  }

  // Read, found, mended; the files are as they were.
  void expect_heals(const Path& file, ByteView damaged) const {
    write(file, damaged);
    EXPECT_EQ(read_right(), known_.size());
    const CheckResult found = check_all(false);
    EXPECT_EQ(found.damage.size(), 1u);
    for (const Damage& damage : found.damage) EXPECT_TRUE(damage.is_mendable) << damage.what;
    const CheckResult mended = check_all(true);
    EXPECT_EQ(mended.mended, std::vector<std::string>{file.native()});
    EXPECT_TRUE(mended.damage.empty()) << mended.damage.front().what;
    expect_as_it_was();
  }

  TestRepository repository_{small_config_with_parity()};
  TempFolder folder_;
  std::map<std::string, Bytes> known_;
  std::vector<StoredFile> stored_;
  std::map<Path, Bytes> files_;
};

TEST_F(ParityFlipTest, EachByteFlippedAlone) {
  for (const Place& place : places(true, 2 * kFew)) {
    SCOPED_TRACE(name_of(place));
    const Path& file = place.file.path;
    const std::uint64_t at = place.offset;
    std::mt19937_64 random = chance_of(name_of(place));
    expect_heals(file, with_burst(files_.at(file), at, 1, random));
    if (HasFailure()) return;
  }
}

TEST_F(ParityFlipTest, ABurstAnywhere) {
  for (const Place& place : places(false, kFew)) {
    SCOPED_TRACE(name_of(place));
    const Path& file = place.file.path;
    const std::uint64_t at = place.offset;
    std::mt19937_64 random = chance_of(name_of(place));
    const std::uint64_t length = parity_shape(files_.at(file).size(), 5).burst();
    expect_heals(file, with_burst(files_.at(file), at, length, random));
    if (HasFailure()) return;
  }
}

TEST_F(ParityFlipTest, AFileCutShort) {
  for (const Place& place : places(false, kFew)) {
    SCOPED_TRACE(name_of(place));
    const Path& file = place.file.path;
    const std::uint64_t length = place.offset;
    const Bytes& whole = files_.at(file);
    if (whole.size() - length > parity_shape(whole.size(), 5).burst()) continue;
    expect_heals(file, ByteView(whole).first(length));
    if (HasFailure()) return;
  }
}

TEST_F(ParityFlipTest, ASidecarCutShortOrGone) {
  for (const Place& place : places(true, 3 * kFew)) {
    SCOPED_TRACE(name_of(place));
    const Path& file = place.file.path;
    const std::uint64_t length = place.offset;
    if (!place.file.is_sidecar()) continue;
    expect_heals(file, ByteView(files_.at(file)).first(length));
    if (HasFailure()) return;
  }
  for (const auto& [file, bytes] : files_) {
    if (!file.native().starts_with("parity")) continue;
    std::filesystem::remove(path() / file);
    EXPECT_EQ(check(*Repository::open(path()), {}).damage.size(), 1u) << file;
    EXPECT_EQ(check_all(true).mended, std::vector<std::string>{file.native()});
    expect_as_it_was();
  }
}

TEST_F(ParityFlipTest, BeyondWhatIsPromisedNothingReadsWrong) {
  std::size_t not_read = 0;
  for (const Place& place : places(false, kFew)) {
    SCOPED_TRACE(name_of(place));
    const Path& file = place.file.path;
    const std::uint64_t at = place.offset;
    std::mt19937_64 random = chance_of(name_of(place));
    const std::string sidecar = "parity/" + file.native();
    write(file, with_burst(files_.at(file), at / 2, 3 * 4096, random));
    write(sidecar, with_burst(files_.at(sidecar), random() % 100, 1 + random() % 8000, random));
    not_read += known_.size() - read_right();
    if (!check_all(true).damage.empty()) {
      write(file, files_.at(file));
      write(sidecar, files_.at(sidecar));
    }
    expect_as_it_was();
    if (HasFailure()) return;
  }
  EXPECT_GT(not_read, 0u);  // else it was no test
}

// What is damaged but healed does not keep anybody from anything, nor get lost on the way.
TEST_F(ParityFlipTest, GcAndRepairsReadThroughDamage) {
  for (const Place& place : places(false, kFew / 4)) {
    SCOPED_TRACE(name_of(place));
    const Path& file = place.file.path;
    const std::uint64_t at = place.offset;
    std::mt19937_64 random = chance_of(name_of(place));
    TestRepository copy(repository_.path());
    copy.close();
    const Bytes damaged = with_burst(files_.at(file), at, 1, random);
    File::open_to_change(copy.path() / file)->write_all_at(0, damaged);
    if (random() % 2 == 0) {
      const CatalogRepairResult result = repair_catalog(copy.path(), {});
      EXPECT_EQ(result.snapshots, known_.size());
      EXPECT_TRUE(result.damaged_packs.empty());
      EXPECT_TRUE(result.left_out.empty());
    }
    copy.reopen();
    forget(*copy, {copy->snapshots().front().id});
    copy.gc();
    copy.gc();
    for (const Snapshot& snapshot : copy->snapshots()) {
      copy.expect_holds(snapshot, known_.at(snapshot.name));
    }
    EXPECT_TRUE(check(*copy, {.repair = true}).damage.empty());
    copy.gc();
    for (const BlobInfo& sidecar : copy->parity()->sidecars()) {
      EXPECT_TRUE(copy->blobs().open(sidecar.name)) << sidecar.name;
    }
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace varve::torture
