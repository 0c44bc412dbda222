#include "fs/snapshot_view.h"

#include <gtest/gtest.h>

#include <set>

#include "fs/node.h"
#include "fs/sha256sums.h"
#include "store/core/error.h"

namespace varve {
namespace {

Snapshot snapshot_of(const std::vector<std::string>& paths) {
  Snapshot snapshot;
  snapshot.id.bytes.fill(std::byte{7});
  snapshot.name = "2026-11-21T02-00-00Z";
  snapshot.sources.resize(1);
  snapshot.sources[0].name = "data";
  for (const std::string& path : paths) {
    snapshot.files.emplace_back();
    snapshot.files.back().path = path;
  }
  return snapshot;
}

std::vector<std::string> names_in(const SnapshotView& view, std::uint32_t folder) {
  std::vector<std::string> names;
  for (const std::uint32_t child : view.at(folder).children) {
    names.emplace_back(view.at(child).name());
  }
  return names;
}

using Names = std::vector<std::string>;

TEST(SnapshotView, MakesAFolderTreeOfPaths) {
  const SnapshotView view(snapshot_of({"a.db", "b/c/d", "b/e", "z"}));
  EXPECT_EQ(names_in(view, 0), (Names{"a.db", "b", "z", "SHA256SUMS", "snapshot.json"}));
  const std::uint32_t b = view.child(0, "b");
  EXPECT_EQ(view.at(b).kind, ViewEntry::Kind::folder);
  EXPECT_EQ(names_in(view, b), (Names{"c", "e"}));
  const std::uint32_t c = view.child(b, "c");
  const ViewEntry& d = view.at(view.child(c, "d"));
  EXPECT_EQ(d.kind, ViewEntry::Kind::file);
  EXPECT_EQ(view.file_of(d).path, "b/c/d");
  EXPECT_EQ(view.child(0, "c"), 0U);
  EXPECT_EQ(view.child(c, "b"), 0U);
  EXPECT_EQ(view.child(view.child(0, "z"), "a.db"), 0U);
}

TEST(SnapshotView, LetsAFileGoBeforeAGeneratedOneOfItsName) {
  const SnapshotView view(snapshot_of({"SHA256SUMS", "snapshot.json"}));
  EXPECT_EQ(names_in(view, 0), (Names{"SHA256SUMS", "snapshot.json"}));
  EXPECT_EQ(view.at(view.child(0, "SHA256SUMS")).kind, ViewEntry::Kind::file);
}

TEST(SnapshotView, RefusesPathsThatMakeNoTree) {
  for (const Names& paths :
       {Names{"a", "a"}, Names{"a", "a/b"}, Names{"a/b", "a"}, Names{"/a"}, Names{"a//b"},
        Names{"a/"}, Names{""}, Names{"../a"}, Names{"a/./b"}, Names{".."}}) {
    EXPECT_THROW(SnapshotView view(snapshot_of(paths)), Error) << paths[0];
  }
}

TEST(SnapshotView, GivesInodesByMeaningAlone) {
  const SnapshotView one(snapshot_of({"a", "b/c"}));
  const SnapshotView two(snapshot_of({"b/c"}));
  EXPECT_EQ(one.at(one.child(one.child(0, "b"), "c")).inode,
            two.at(two.child(two.child(0, "b"), "c")).inode);
  EXPECT_EQ(one.at(0).inode, two.at(0).inode);
  std::set<std::uint64_t> inodes;
  for (const ViewEntry& entry : one.entries()) inodes.insert(entry.inode);
  EXPECT_EQ(inodes.size(), one.entries().size());
  EXPECT_GT(*inodes.begin(), 1U);
}

TEST(OnlySource, LeavesOneSourceAndItsFiles) {
  Snapshot snapshot = snapshot_of({"a", "b"});
  snapshot.sources.resize(2);
  snapshot.sources[1].name = "more";
  snapshot.files[1].source = 1;
  snapshot.attestations.resize(2);
  snapshot.attestations[0].source = "data";
  snapshot.attestations[1].source = "more";
  const Snapshot left = only_source(snapshot, "more");
  ASSERT_EQ(left.files.size(), 1U);
  EXPECT_EQ(left.files[0].path, "b");
  EXPECT_EQ(left.files[0].source, 0U);
  ASSERT_EQ(left.sources.size(), 1U);
  EXPECT_EQ(left.sources[0].name, "more");
  ASSERT_EQ(left.attestations.size(), 1U);
  EXPECT_EQ(left.attestations[0].source, "more");
}

TEST(Sha256Sums, EscapesNamesAsSha256sumDoes) {
  const Snapshot snapshot = snapshot_of({"plain", "back\\slash", "new\nline"});
  const std::string hash(64, '0');
  const std::string text = sha256sums(snapshot, [](const FileEntry&) { return Sha256{}; });
  EXPECT_EQ(text, hash + "  plain\n\\" + hash + "  back\\\\slash\n\\" + hash + "  new\\nline\n");
  EXPECT_EQ(sha256sums_size(snapshot), text.size());
}

}  // namespace
}  // namespace varve
