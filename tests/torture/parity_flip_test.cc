// A repository with parity: each byte of each pack, record, attestation and sidecar flipped alone,
// bursts of the promised length, files cut short. All reads right at once, a check that repairs
// brings back the very same files; and beyond what is promised nothing reads wrong.
#include <gtest/gtest.h>

#include <algorithm>

#include "store/blob/parity_backend.h"
#include "store/core/error.h"
#include "store/repair_catalog.h"
#include "tests/support/test_repository.h"
#include "tests/torture/victim.h"

namespace varve::torture {
namespace {

constexpr std::size_t kLeast = 60;  // places of each kind of damage

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
    for (const auto& entry : std::filesystem::recursive_directory_iterator(repository_.path())) {
      if (!entry.is_regular_file()) continue;
      const Path file = std::filesystem::relative(entry.path(), repository_.path());
      for (const char* folder : {"packs", "snapshots", "attestations", "parity"}) {
        if (file.native().starts_with(folder)) files_[file] = read_file(entry.path());
      }
    }
    std::filesystem::copy(repository_.path(), path(), std::filesystem::copy_options::recursive);
  }

  Path path() const { return folder_ / "repo"; }

  // Places of all files, or of those that are no sidecars; as many as this run takes.
  std::vector<std::pair<Path, std::uint64_t>> places(bool with_sidecars, std::size_t least) const {
    std::vector<std::pair<Path, std::uint64_t>> all;
    for (const auto& [file, bytes] : files_) {
      if (!with_sidecars && file.native().starts_with("parity")) continue;
      for (std::uint64_t at = 0; at < bytes.size(); ++at) all.emplace_back(file, at);
    }
    std::shuffle(all.begin(), all.end(), chance());
    all.resize(share_of(all.size(), least));
    return all;
  }

  void write(const Path& file, ByteView bytes) const {
    File open = File::open_or_create(path() / file);
    open.write_all_at(0, bytes);
    open.truncate(bytes.size());
  }

  static Bytes with_burst(Bytes bytes, std::uint64_t at, std::uint64_t length) {
    for (std::uint64_t i = at; i < std::min<std::uint64_t>(at + length, bytes.size()); ++i) {
      bytes[i] ^= static_cast<std::byte>(1 + chance()() % 255);
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
  std::map<Path, Bytes> files_;
};

TEST_F(ParityFlipTest, EachByteFlippedAlone) {
  for (const auto& [file, at] : places(true, 2 * kLeast)) {
    SCOPED_TRACE(file.native() + ", byte " + std::to_string(at));
    expect_heals(file, with_burst(files_.at(file), at, 1));
    if (HasFailure()) return;
  }
}

TEST_F(ParityFlipTest, ABurstAnywhere) {
  for (const auto& [file, at] : places(false, kLeast)) {
    const std::uint64_t length = parity_shape(files_.at(file).size(), 5).burst();
    SCOPED_TRACE(file.native() + ", burst at byte " + std::to_string(at));
    expect_heals(file, with_burst(files_.at(file), at, length));
    if (HasFailure()) return;
  }
}

TEST_F(ParityFlipTest, AFileCutShort) {
  for (const auto& [file, length] : places(false, kLeast)) {
    const Bytes& whole = files_.at(file);
    if (whole.size() - length > parity_shape(whole.size(), 5).burst()) continue;
    SCOPED_TRACE(file.native() + ", cut at byte " + std::to_string(length));
    expect_heals(file, ByteView(whole).first(length));
    if (HasFailure()) return;
  }
}

TEST_F(ParityFlipTest, ASidecarCutShortOrGone) {
  for (const auto& [file, length] : places(true, 3 * kLeast)) {
    if (!file.native().starts_with("parity")) continue;
    SCOPED_TRACE(file.native() + ", cut at byte " + std::to_string(length));
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
  for (const auto& [file, at] : places(false, kLeast)) {
    SCOPED_TRACE(file.native() + ", byte " + std::to_string(at));
    const std::string sidecar = "parity/" + file.native();
    write(file, with_burst(files_.at(file), at / 2, 3 * 4096));
    write(sidecar, with_burst(files_.at(sidecar), chance()() % 100, 1 + chance()() % 8000));
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
  for (const auto& [file, at] : places(false, kLeast / 4)) {
    SCOPED_TRACE(file.native() + ", byte " + std::to_string(at));
    TestRepository copy(repository_.path());
    copy.close();
    const Bytes damaged = with_burst(files_.at(file), at, 1);
    File::open_to_change(copy.path() / file)->write_all_at(0, damaged);
    if (chance()() % 2 == 0) {
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
