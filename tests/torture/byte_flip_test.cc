// Each byte of each file of a repository, flipped alone; each file, cut at each length: what is
// read is right or refused, and what is refused `check` finds.
#include <gtest/gtest.h>

#include "store/core/error.h"
#include "tests/support/test_repository.h"
#include "tests/torture/chance.h"
#include "tests/torture/stored_files.h"

namespace varve::torture {
namespace {

constexpr std::size_t kFew = 150;  // places of each kind of damage, of a short run

class ByteFlipTest : public testing::Test {
 protected:
  ByteFlipTest() {
    std::mt19937_64 random(7);
    Bytes bytes = make_pages(random, 6);
    for (int state = 0; state < 3; ++state) {
      remember(repository_.take(bytes), bytes);
      bytes = change_pages(random, bytes, 4);
    }
    const Bytes stream = random_stream(random);
    remember(repository_.take(stream, "stream", Chunking::content), stream);
    repository_.close();
    places_ = cases_of_this_run(places_in(stored_files(repository_.path())), kFew,
                                [](const Place& place) { return name_of(place); });
  }

  static Bytes random_stream(std::mt19937_64& random) {
    Bytes bytes(9000);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random() % 64);
    return bytes;
  }

  void remember(const Snapshot& snapshot, const Bytes& bytes) { known_[snapshot.name] = bytes; }

  // Whether everything could be read; what was read must be right.
  bool reads_right(Repository& repository) const {
    bool all = true;
    try {
      const std::vector<Snapshot> snapshots = repository.snapshots();
      all = snapshots.size() == known_.size();
      for (const Snapshot& snapshot : snapshots) {
        try {
          const auto known = known_.find(snapshot.name);
          if (known == known_.end()) return false;  // a damaged name is found by check
          const FileEntry& file = snapshot.files.at(0);
          FileReader reader(repository.chunks(), file, ChunkReader::Check::stored);
          Bytes bytes(file.size);
          bytes.resize(reader.read(0, bytes));
          EXPECT_TRUE(bytes == known->second) << "wrong bytes of " << snapshot.name;
        } catch (const Error&) {
          all = false;
        }
      }
    } catch (const Error&) {
      return false;
    }
    return all;
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
    bool right = false;
    try {
      right = reads_right(*Repository::open(path));
    } catch (const Error&) {
    }
    if (right) return;
    EXPECT_FALSE(is_sound_by_check(path)) << "check finds nothing";
  }

  // The place in the file is damaged for the time of a look.
  template <class Damage>
  void try_all(const Damage& damage) {
    const TempFolder folder;
    const Path path = folder / "repo";
    for (const Place& place : places_) {
      SCOPED_TRACE(name_of(place) + " of " + place.file.path.native());
      std::filesystem::remove_all(path);
      std::filesystem::copy(repository_.path(), path, std::filesystem::copy_options::recursive);
      damage(path / place.file.path, place);
      expect_right_or_found(path);
      if (HasFailure()) return;
    }
  }

  TestRepository repository_;
  std::map<std::string, Bytes> known_;
  std::vector<Place> places_;
};

TEST_F(ByteFlipTest, AFlippedByteIsFoundOrDoesNoHarm) {
  try_all([](const Path& path, const Place& place) {
    std::mt19937_64 random = chance_of(name_of(place));
    File file = *File::open_to_change(path);
    std::byte byte{};
    file.read_exact_at(place.offset, std::span(&byte, 1));
    byte ^= static_cast<std::byte>(1 + random() % 255);
    file.write_all_at(place.offset, std::span(&byte, 1));
  });
}

TEST_F(ByteFlipTest, ACutFileIsFoundOrDoesNoHarm) {
  try_all([](const Path& path, const Place& place) {
    File::open_to_change(path)->truncate(place.offset);
  });
}

}  // namespace
}  // namespace varve::torture
