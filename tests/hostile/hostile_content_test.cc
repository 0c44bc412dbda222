// Manifests and chunks that no ingest made: sizes without end, trees and chains that bite their own
// tail, frames that lie about what they hold.
#include "store/transform/codec.h"
#include "store/transform/digest.h"
#include "tests/hostile/hostile_program.h"

namespace varve {
namespace {

class HostileContent : public HostileProgram {};

constexpr std::uint32_t kChunk = 4096;

// A tree of so many levels in which every entry of a node is the same. Its size.
std::uint64_t add_wide_tree(Enemy& enemy, ChunkRef& root, std::uint8_t levels) {
  std::uint64_t size = kChunk;
  for (std::uint8_t level = 1; level <= levels; ++level) {
    ManifestNode node;
    node.level = level;
    node.refs.assign(1024, root);
    node.lengths.assign(1024, size);
    root = enemy.node(node);
    size *= 1024;
  }
  return size;
}

TEST_F(HostileContent, AFileOfExabytesInAFewObjects) {
  ChunkRef root = enemy().chunk(Bytes(kChunk));
  const std::uint64_t size = add_wide_tree(enemy(), root, 5);
  enemy().commit({file_entry("file", size, root, 5)});
  survives_all();
  expect_little_memory();
}

TEST_F(HostileContent, ExabytesOfWhichOneChunkIsMissing) {
  ChunkRef root = ref_of(told_id(9));
  const std::uint64_t size = add_wide_tree(enemy(), root, 5);
  enemy().commit({file_entry("file", size, root, 5)});
  EXPECT_NE(survives({"check"}).status, 0);
  survives_all();
  expect_little_memory();
}

TEST_F(HostileContent, ASizeThatNoFileHas) {
  const ChunkRef root = enemy().chunk(Bytes(kChunk));
  enemy().commit({file_entry("file", ~std::uint64_t{0}, root)});
  EXPECT_NE(survives({"cat", "latest:file"}).status, 0);
  survives_all();
}

TEST_F(HostileContent, AManifestThatLeadsToItself) {
  ObjectHeader header;
  header.kind = ObjectKind::node;
  header.id = told_id(1);
  ManifestNode node;
  node.level = 3;
  node.refs = {ref_of(header.id), ref_of(header.id)};
  node.lengths = {kChunk, kChunk};
  const Bytes bytes = encode_node(node);
  header.plain_length = static_cast<std::uint32_t>(bytes.size());
  const ChunkRef root = enemy().object(header, bytes);
  enemy().commit({file_entry("file", 2 * kChunk, root, 3)});
  EXPECT_NE(survives({"check"}).status, 0);
  EXPECT_NE(survives({"cat", "latest:file"}).status, 0);
  survives_all();
}

TEST_F(HostileContent, DeltasThatStandOnEachOther) {
  enemy().object(told_delta(1, 2, 2, kChunk), Bytes(10));
  const ChunkRef root = enemy().object(told_delta(2, 1, 1, kChunk), Bytes(10));
  const ChunkRef alone = enemy().object(told_delta(3, 3, 5, kChunk), Bytes(10));
  enemy().commit({file_entry("alone", kChunk, alone), file_entry("file", kChunk, root)});
  EXPECT_NE(survives({"check"}).status, 0);
  EXPECT_NE(survives({"cat", "latest:file"}).status, 0);
  EXPECT_NE(survives({"cat", "latest:alone"}).status, 0);
  survives_all();
}

TEST_F(HostileContent, FramesThatLie) {
  ObjectHeader header;
  header.codec = Codec::zstd;
  header.plain_length = kLargestChunk;
  header.id = told_id(1);
  Compressor compressor(3);
  const ChunkRef large = enemy().object(header, compressor.full(Bytes(kChunk)).stored);
  header.plain_length = 10;
  header.id = told_id(2);
  const ChunkRef small = enemy().object(header, compressor.full(Bytes(kLargestChunk)).stored);
  header.id = told_id(3);
  const ChunkRef noise = enemy().object(header, as_bytes("no frame at all"));
  enemy().commit({file_entry("file", kLargestChunk, large), file_entry("noise", 10, noise),
                  file_entry("small", 10, small)});
  EXPECT_NE(survives({"check", "--read-data"}).status, 0);
  for (const char* name : {"file", "noise", "small"}) {
    EXPECT_NE(survives({"cat", std::string("latest:") + name}).status, 0) << name;
  }
  survives_all();
}

TEST_F(HostileContent, AChunkThatIsNotWhatItsNameSays) {
  ObjectHeader header;
  header.id = told_id(1);
  header.plain_length = 5;
  enemy().commit({file_entry("file", 5, enemy().object(header, as_bytes("wrong")))});
  EXPECT_NE(survives({"check", "--read-data"}).status, 0);
  EXPECT_NE(survives({"cat", "latest:file"}).status, 0);
  EXPECT_NE(survives({"restore", "latest:file", "out/file"}).status, 0);
  EXPECT_TRUE(names_in(in_folder("out")).empty());
  survives_all();
}

TEST_F(HostileContent, RowsThatLeadAstray) {
  const ChunkRef root = enemy().chunk(Bytes(kChunk));
  enemy().commit({file_entry("file", kChunk, root)});
  // Pack 1, offset 24, length 2^32 - 1.
  enemy().sql("UPDATE chunks SET at=x'0118ffffffff0f'");
  EXPECT_NE(survives({"cat", "latest:file"}).status, 0);
  survives_all();
  expect_little_memory();
}

TEST_F(HostileContent, APackThatIsMostlyAHole) {
  const ChunkRef root = enemy().chunk(Bytes(kChunk));
  enemy().commit({file_entry("file", kChunk, root)});
  for (const auto& entry : std::filesystem::recursive_directory_iterator(repository() / "packs")) {
    if (!entry.is_regular_file()) continue;
    // A footer of 4 GiB, and room for it.
    std::filesystem::permissions(entry.path(), std::filesystem::perms::owner_all);
    std::filesystem::resize_file(entry.path(), std::uint64_t{1} << 33);
    std::ofstream(entry.path(), std::ios::binary | std::ios::app) << "\xff\xff\xff\xffVARVEEND";
  }
  for (const Words& words :
       {Words{"check"}, Words{"cat", "latest:file"}, Words{"gc"}, Words{"verify", "latest"}}) {
    survives(words);
  }
  expect_little_memory();
}

}  // namespace
}  // namespace varve
