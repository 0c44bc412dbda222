// A flipped byte, and those who read: the mount, cat, restore, verify, as programs. What they give
// is right, or they say that it is not.
#include <gtest/gtest.h>
#include <sys/mount.h>

#include "store/core/error.h"
#include "tests/torture/chance.h"
#include "tests/torture/history.h"
#include "tests/torture/stored_files.h"

namespace varve::torture {
namespace {

constexpr std::size_t kFew = 12;      // places of a short run
constexpr std::uint64_t kOneIn = 50;  // of all places, for all rounds together

// Path in the snapshot, bytes; what is no plain file is left out.
using Content = std::map<std::string, std::string>;

// `fails` is called where a file cannot be read.
template <class Fails>
Content content_of(const Path& folder, const Fails& fails) {
  Content content;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_symlink() || !entry.is_regular_file()) continue;
    try {
      const std::string name = std::filesystem::relative(entry.path(), folder);
      content[name] = as_text(read_file(entry.path()));
    } catch (const Error&) {
      fails();
    }
  }
  return content;
}

class Mount {
 public:
  explicit Mount(const Path& folder) : folder_(folder) {
    std::filesystem::create_directory(point());
    is_there_ = run_in(folder_, {"mount", point()}).status == 0;
  }
  ~Mount() {
    if (!is_there_) return;
    if (run_in(folder_, {"umount", point()}).status != 0) ::umount2(point().c_str(), MNT_DETACH);
  }
  Mount(const Mount&) = delete;
  Mount& operator=(const Mount&) = delete;

  explicit operator bool() const { return is_there_; }
  Path point() const { return folder_ / "mnt"; }

 private:
  Path folder_;
  bool is_there_ = false;
};

class FlipReaderTest : public testing::Test {
 protected:
  FlipReaderTest() {
    for (const std::string& name : history_.snapshots()) {
      const TempFolder target;
      const ProgramResult result = run_in(history_.folder(), {"restore", name, target / "all"});
      if (result.status != 0) throw std::runtime_error(result.err);
      known_[name] = content_of(target / "all", [] {});
    }
  }

  // A copy of the repository to be damaged.
  static void copy_repository(const Path& folder) {
    std::filesystem::copy(History::instance(false).folder() / "repo", folder / "repo",
                          std::filesystem::copy_options::recursive);
  }

  void expect_part_of(const Content& known, const Content& read) const {
    for (const auto& [name, bytes] : read) {
      const auto right = known.find(name);
      if (right == known.end()) continue;  // SHA256SUMS, snapshot.json, or a wrong name
      EXPECT_TRUE(bytes == right->second) << "wrong bytes of " << name;
    }
  }

  // Each: whether all of it was read.
  bool cat_is_right(const Path& folder, const std::string& snapshot) const {
    const ProgramResult result = run_in(folder, {"cat", snapshot + ":shop.db"});
    const std::string& right = known_.at(snapshot).at("shop.db");
    EXPECT_GE(result.status, 0) << result.err;
    EXPECT_TRUE(right.starts_with(result.out)) << "cat gives wrong bytes";
    EXPECT_TRUE(result.status != 0 || result.out.size() == right.size()) << "cat gives too little";
    return result.status == 0;
  }
  bool restore_is_right(const Path& folder, const std::string& snapshot) const {
    const ProgramResult result = run_in(folder, {"restore", snapshot, folder / "target"});
    EXPECT_GE(result.status, 0) << result.err;
    if (result.status != 0) {
      EXPECT_FALSE(std::filesystem::exists(folder / "target"));
      return false;
    }
    const Content restored = content_of(folder / "target", [] { ADD_FAILURE(); });
    EXPECT_TRUE(restored == known_.at(snapshot)) << "restore says that it was done";
    return true;
  }
  bool mount_is_right(const Path& folder, const std::string& snapshot) const {
    const Mount mount(folder);
    if (!mount) return false;
    bool all = true;
    try {
      if (!std::filesystem::exists(mount.point() / snapshot)) return false;
      const Content read = content_of(mount.point() / snapshot, [&] { all = false; });
      expect_part_of(known_.at(snapshot), read);
    } catch (const std::filesystem::filesystem_error&) {
      return false;  // a folder that cannot be looked at
    }
    return all;
  }
  bool verify_is_right(const Path& folder, const std::string& snapshot) const {
    const ProgramResult result = run_in(folder, {"verify", snapshot});
    EXPECT_GE(result.status, 0) << result.err;
    return result.status == 0;
  }

  // Whether all of the snapshot could be read in every way.
  bool look_at(const Path& folder, const std::string& snapshot) const {
    const bool cats = cat_is_right(folder, snapshot);
    const bool restores = restore_is_right(folder, snapshot);
    const bool mounts = mount_is_right(folder, snapshot);
    const bool verifies = verify_is_right(folder, snapshot);
    EXPECT_TRUE(!verifies || (cats && restores)) << "proven, and cannot be read";
    return cats && restores && mounts && verifies;
  }

  const History& history_ = History::instance(false);
  std::map<std::string, Content> known_;
};

TEST_F(FlipReaderTest, WithoutDamageAllIsRead) {
  const TempFolder folder;
  copy_repository(folder.path());
  for (const auto& [snapshot, content] : known_) {
    EXPECT_TRUE(look_at(folder.path(), snapshot)) << snapshot;
    std::filesystem::remove_all(folder / "target");
    std::filesystem::remove(folder / "mnt");
  }
}

TEST_F(FlipReaderTest, NobodyGetsWrongBytes) {
  std::vector<Place> places = places_in(stored_files(history_.folder() / "repo"));
  std::erase_if(places, [](const Place& place) {
    return draw_of("reader of " + name_of(place)) % kOneIn != 0;
  });
  const auto name = [](const Place& place) { return name_of(place); };
  for (const Place& place : cases_of_this_run(places, kFew, name)) {
    std::mt19937_64 random = chance_of(name_of(place));
    const auto snapshot = std::next(known_.begin(), static_cast<long>(random() % known_.size()));
    SCOPED_TRACE(name_of(place) + " of " + place.file.path.native() + ", " + snapshot->first);
    const TempFolder folder;
    copy_repository(folder.path());
    flip(folder / "repo" / place.file.path, place.offset, random);
    look_at(folder.path(), snapshot->first);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace varve::torture
