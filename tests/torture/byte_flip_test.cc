// Each byte of each file of a repository, flipped alone; each file, cut at each length: what is
// read is right or refused, what is refused `check` finds, and gc makes nothing of it worse.
#include <gtest/gtest.h>

#include "store/core/error.h"
#include "tests/support/test_repository.h"
#include "tests/torture/chance.h"
#include "tests/torture/stored_files.h"

namespace varve::torture {
namespace {

constexpr std::size_t kFew = 100;  // places of each kind of damage, of a short run

// What is damaged: all files at rest; or the catalog's as somebody leaves them who has the
// repository open, with the newest snapshot in catalog.db-wal.
class ByteFlipTest : public testing::TestWithParam<const char*> {
 protected:
  ByteFlipTest() {
    std::mt19937_64 random(7);
    Bytes bytes = make_pages(random, 6);
    for (int state = 0; state < 4; ++state) {
      remember(repository_.take(bytes), bytes);
      bytes = change_pages(random, bytes, 4);
    }
    repository_.reopen();  // folds the journal into the catalog: what comes now has its own
    const Bytes stream = random_stream(random);
    remember(repository_.take(stream, "stream", Chunking::content), stream);
    forget_second();
    const bool is_at_rest = GetParam() == std::string("at_rest");
    if (is_at_rest) repository_.close();
    std::vector<StoredFile> files = stored_files(repository_.path());
    // The others are the same at rest.
    if (!is_at_rest) {
      std::erase_if(files, [](const auto& file) { return !file.name.starts_with("catalog.db"); });
    }
    all_places_ = places_in(files);
    std::filesystem::copy(repository_.path(), original(), std::filesystem::copy_options::recursive);
    repository_.close();
  }

  Path original() const { return folder_ / "original"; }

  // So that gc has something to do.
  void forget_second() {
    const Snapshot snapshot = repository_->snapshots().at(1);
    forget(*repository_, {snapshot.id});
    known_.erase(snapshot.name);
  }

  static Bytes random_stream(std::mt19937_64& random) {
    Bytes bytes(9000);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random() % 64);
    return bytes;
  }

  void remember(const Snapshot& snapshot, const Bytes& bytes) { known_[snapshot.name] = bytes; }

  // The snapshots of which all could be read; what was read must be right.
  std::set<std::string> readable(const Path& path) const {
    std::set<std::string> names;
    try {
      const auto repository = Repository::open(path);
      for (const Snapshot& snapshot : repository->snapshots()) {
        if (known_.contains(snapshot.name) && reads_right(*repository, snapshot)) {
          names.insert(snapshot.name);
        }
      }
    } catch (const Error&) {
      // of the rest nothing can be read
    }
    return names;
  }

  bool reads_right(Repository& repository, const Snapshot& snapshot) const {
    try {
      const FileEntry& file = snapshot.files.at(0);
      FileReader reader(repository.chunks(), file, ChunkReader::Check::stored);
      Bytes bytes(file.size);
      bytes.resize(reader.read(0, bytes));
      EXPECT_TRUE(bytes == known_.at(snapshot.name)) << "wrong bytes of " << snapshot.name;
      return true;
    } catch (const Error&) {
      return false;
    }
  }

  // True where check finds nothing.
  static bool is_sound_by_check(const Path& path) {
    try {
      const auto repository = Repository::open(path);
      return check(*repository, {.read_data = true}).damage.empty();
    } catch (const Error&) {
      return false;
    }
  }

  void expect_right_or_found(const Path& path) const {
    if (readable(path).size() == known_.size()) return;
    EXPECT_FALSE(is_sound_by_check(path)) << "check finds nothing";
  }

  // What could be read before can be read after it. It may well refuse.
  void expect_gc_takes_nothing(const Path& path) const {
    const std::set<std::string> before = readable(path);
    for (int run = 0; run < 2; ++run) {  // the first may only condemn
      try {
        collect_garbage(*Repository::open(path), {.worth = 0});
      } catch (const Error&) {
      }
    }
    const std::set<std::string> after = readable(path);
    for (const std::string& name : before) {
      EXPECT_TRUE(after.contains(name)) << name << " could be read before gc";
    }
  }

  // Each place of this run is damaged in a copy of its own, which is then looked at.
  template <class Damage, class Look>
  void try_all(const Damage& damage, const Look& look) {
    const Path path = folder_ / "repo";
    const auto name = [&](const Place& place) { return name_of(place); };
    for (const Place& place : cases_of_this_run(all_places_, kFew, name)) {
      SCOPED_TRACE(name_of(place) + " of " + place.file.path.native());
      std::filesystem::remove_all(path);
      std::filesystem::copy(original(), path, std::filesystem::copy_options::recursive);
      damage(path / place.file.path, place);
      look(path);
      if (HasFailure()) return;
    }
  }

  static void flip_at(const Path& path, const Place& place) {
    std::mt19937_64 random = chance_of(name_of(place));
    flip(path, place.offset, random);
  }
  static void cut_at(const Path& path, const Place& place) {
    File::open_to_change(path)->truncate(place.offset);
  }

  TempFolder folder_;
  TestRepository repository_;
  std::map<std::string, Bytes> known_;
  std::vector<Place> all_places_;
};

TEST_P(ByteFlipTest, WithoutDamageAllIsReadAndGcFreesSpace) {
  EXPECT_EQ(readable(original()).size(), known_.size());
  EXPECT_TRUE(is_sound_by_check(original()));
  const auto repository = Repository::open(original());
  const GcResult result = collect_garbage(*repository, {.worth = 0});
  EXPECT_GT(result.freed_bytes, 0u);
  EXPECT_EQ(readable(original()).size(), known_.size());
}

TEST_P(ByteFlipTest, AFlippedByteIsFoundOrDoesNoHarm) {
  try_all(flip_at, [&](const Path& path) { expect_right_or_found(path); });
}

TEST_P(ByteFlipTest, ACutFileIsFoundOrDoesNoHarm) {
  try_all(cut_at, [&](const Path& path) { expect_right_or_found(path); });
}

TEST_P(ByteFlipTest, GcAfterAFlippedByteTakesNothingThatCouldBeRead) {
  try_all(flip_at, [&](const Path& path) { expect_gc_takes_nothing(path); });
}

TEST_P(ByteFlipTest, GcAfterACutTakesNothingThatCouldBeRead) {
  try_all(cut_at, [&](const Path& path) { expect_gc_takes_nothing(path); });
}

INSTANTIATE_TEST_SUITE_P(Catalogs, ByteFlipTest, testing::Values("at_rest", "held_open"),
                         [](const auto& one) { return one.param; });

}  // namespace
}  // namespace varve::torture
