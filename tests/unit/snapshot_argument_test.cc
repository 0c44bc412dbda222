#include "tools/cli/snapshot_argument.h"

#include <gtest/gtest.h>

#include <map>

#include "store/core/error.h"

namespace varve::cli {
namespace {

Snapshot snapshot_of(const std::string& name, const std::vector<std::string>& files) {
  Snapshot made;
  made.name = name;
  for (const std::string& file : files) {
    FileEntry& entry = made.files.emplace_back();
    entry.path = file;
    entry.source = static_cast<std::uint32_t>(made.sources.size());
    made.sources.emplace_back().name = file;
  }
  return made;
}

// Resolves the texts it was given, and throws as Repository::resolve does for all others.
class KnownSnapshots {
 public:
  explicit KnownSnapshots(std::map<std::string, Snapshot> known) : known_(std::move(known)) {}

  Snapshot operator()(const std::string& text) const {
    const auto found = known_.find(text);
    if (found != known_.end()) return found->second;
    throw Error(ErrorCode::not_found, "no snapshot '" + text + "'");
  }

 private:
  std::map<std::string, Snapshot> known_;
};

const Snapshot kOne = snapshot_of("one", {"history.db"});
const Snapshot kTwo = snapshot_of("two", {"history.db", "odd:name.db", "shop.db"});
const KnownSnapshots kResolve({{"one", kOne},
                               {"two", kTwo},
                               {"latest", kTwo},
                               {"latest:history.db", kOne},
                               {"2026-11-21T02:00:00Z", kTwo},
                               {"2026-11-21T02:00", kTwo},
                               {"2026-11-21T02", kTwo}});

std::string found_file(const std::string& text) {
  const SnapshotArgument found = find_file(text, kResolve);
  return found.snapshot.name + "/" + found.file().path;
}

std::string found_anything(const std::string& text) {
  const SnapshotArgument found = find_snapshot_or_file(text, kResolve);
  return found.snapshot.name + (found.path ? "/" + *found.path : "");
}

std::string complaint(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  ADD_FAILURE() << "no Error";
  return {};
}

TEST(SnapshotArgument, AFileOfASnapshot) {
  EXPECT_EQ(found_file("one:history.db"), "one/history.db");
  EXPECT_EQ(found_file("two:shop.db"), "two/shop.db");
}

TEST(SnapshotArgument, TimesHoldColons) {
  EXPECT_EQ(found_file("2026-11-21T02:00:00Z:shop.db"), "two/shop.db");
  EXPECT_EQ(found_file("2026-11-21T02:00:shop.db"), "two/shop.db");
}

TEST(SnapshotArgument, SourcesAfterLatest) {
  EXPECT_EQ(found_file("latest:history.db"), "two/history.db") << "a file of the newest";
  EXPECT_EQ(found_file("latest:history.db:history.db"), "one/history.db");
}

TEST(SnapshotArgument, PathsMayHoldColons) {
  EXPECT_EQ(found_file("two:odd:name.db"), "two/odd:name.db");
}

TEST(SnapshotArgument, TheOnlyFileNeedsNoPath) {
  EXPECT_EQ(found_file("one"), "one/history.db");
  EXPECT_EQ(complaint([] { find_file("two", kResolve); }),
            "'two' names a snapshot and no file: write two:PATH, it has history.db, odd:name.db, "
            "shop.db");
}

TEST(SnapshotArgument, AWholeSnapshotComesFirstWhereItMay) {
  EXPECT_EQ(found_anything("two"), "two");
  EXPECT_EQ(found_anything("latest:history.db:history.db"), "one/history.db");
  EXPECT_EQ(found_anything("latest:shop.db"), "two/shop.db");
  EXPECT_EQ(found_anything("2026-11-21T02:00:00Z"), "two");
  EXPECT_EQ(found_anything("2026-11-21T02:00:00Z:shop.db"), "two/shop.db");
}

TEST(SnapshotArgument, LatestOfASourceIsThatSourceAlone) {
  EXPECT_EQ(found_anything("latest:history.db"), "one/history.db");
  Snapshot many = snapshot_of("many", {"history.db", "www/a", "www/b", "shop.sql", "shop.globals"});
  many.files[2].source = 1;
  many.sources[1].name = "www";
  many.files[4].source = 3;
  many.sources[3].name = "shop";
  const KnownSnapshots resolve({{"latest:www", many}, {"latest:shop", many}});
  const SnapshotArgument folder = find_snapshot_or_file("latest:www", resolve);
  EXPECT_EQ(folder.path, "www");
  EXPECT_FALSE(folder.source);
  const SnapshotArgument apart = find_snapshot_or_file("latest:shop", resolve);
  EXPECT_FALSE(apart.path);
  EXPECT_EQ(apart.source, 3U);
}

TEST(SnapshotArgument, SaysWhatThereIsInstead) {
  EXPECT_EQ(complaint([] { find_file("two:missing.db", kResolve); }),
            "snapshot two has no file 'missing.db'; it has history.db, odd:name.db, shop.db");
  EXPECT_EQ(complaint([] { find_file("two:odd:missing", kResolve); }),
            "snapshot two has no file 'odd:missing'; it has history.db, odd:name.db, shop.db");
  EXPECT_EQ(complaint([] { find_file("three:history.db", kResolve); }), "no snapshot 'three'");
  EXPECT_EQ(complaint([] { find_snapshot_or_file("three", kResolve); }), "no snapshot 'three'");
  EXPECT_EQ(complaint([] { find_file(":", kResolve); }), "no snapshot ':'");
  EXPECT_EQ(complaint([] { find_file("", kResolve); }), "no snapshot ''");
}

TEST(SnapshotArgument, OtherErrorsPass) {
  const auto damaged = [](const std::string&) -> Snapshot { throw corrupt_error("the catalog"); };
  EXPECT_THROW(find_file("a:b", damaged), Error);
  try {
    find_snapshot_or_file("a:b", damaged);
    FAIL() << "no Error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::corrupt);
  }
}

}  // namespace
}  // namespace varve::cli
