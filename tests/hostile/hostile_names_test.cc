// Records and rows that mean to write elsewhere, or to take all memory.
#include <sys/stat.h>

#include "store/packed_text.h"
#include "store/transform/codec.h"
#include "store/transform/seal.h"
#include "tests/hostile/hostile_program.h"

namespace varve {
namespace {

class HostileNames : public HostileProgram {
 protected:
  ChunkRef content() { return enemy().chunk(as_bytes("gotcha")); }
  FileEntry file(std::string path, const ChunkRef& root) {
    return file_entry(std::move(path), 6, root);
  }
  // The snapshot's record is refused by whoever reads it.
  void is_refused() {
    EXPECT_NE(survives({"check"}).status, 0);
    EXPECT_NE(survives({"list", "latest"}).status, 0);
    EXPECT_NE(survives({"restore", "latest", "out/all"}).status, 0);
    EXPECT_TRUE(names_in(in_folder("out")).empty());
    survives_all();
    expect_little_memory();
  }
};

TEST_F(HostileNames, PathsThatLeadOut) {
  const ChunkRef root = content();
  for (const std::string& path : {std::string("../treasure"), std::string("a/../../treasure"),
                                  std::string("/tmp/varve-hostile-outside"), std::string(".."),
                                  std::string("."), std::string("a//b"), std::string("a/"),
                                  std::string("a\0b", 3), std::string(9000, 'x'), std::string()}) {
    const Path before = repository();
    enemy().commit({file(path, root)});
    EXPECT_NE(survives({"restore", "latest", "out/all"}).status, 0) << path;
    EXPECT_NE(survives({"list", "latest"}).status, 0) << path;
  }
  is_refused();
}

TEST_F(HostileNames, AFileBelowALink) {
  const ChunkRef root = content();
  enemy().commit({link_entry("link", ".."), file("link/treasure", root)});
  is_refused();
}

TEST_F(HostileNames, AFileBelowAFile) {
  const ChunkRef root = content();
  // Between both, in the order of paths, stands another one.
  enemy().commit({file("a", root), file("a b", root), file("a/b", root)});
  is_refused();
}

TEST_F(HostileNames, LinksAreNotFollowed) {
  const ChunkRef root = content();
  // One snapshot makes a link, the next a folder of its name.
  enemy().commit({link_entry("out", folder()), link_entry("x", "/etc/passwd")});
  survives({"restore", "latest", "out/all"});
  enemy().commit({folder_entry("out"), file("out/treasure", root), file("x", root)});
  EXPECT_NE(survives({"restore", "latest", "out/all", "--force"}).status, 0);
  survives_all("x");
}

TEST_F(HostileNames, NamesThatTalkToTerminals) {
  const ChunkRef root = content();
  const std::string name = "new\nline \x1b[2J\x07 \xff\xfe";
  enemy().commit({file(name, root)});
  const ProgramResult listed = varve({"list", "latest"});
  EXPECT_EQ(listed.status, 0) << listed.err;
  EXPECT_EQ(listed.out.find('\x1b'), std::string::npos);
  EXPECT_EQ(varve({"restore", "latest", "out/all"}).status, 0);
  EXPECT_EQ(content_of(in_folder("out") / "all" / name), "gotcha");
  std::filesystem::remove_all(in_folder("out") / "all");
  survives_all(name);
}

TEST_F(HostileNames, ASnapshotCalledAsItLikes) {
  const ChunkRef root = content();
  const Snapshot honest = enemy().commit({file("file", root)});
  for (const char* name : {"../../treasure", "a/b", "..", "latest", "", "\x1b[2J"}) {
    Snapshot snapshot = snapshot_of(name, {file("file", root)});
    snapshot.id = random_id<SnapshotId>();
    enemy().commit_record(snapshot.id, Timestamp{1'800'000'000}, encode_record(snapshot));
    EXPECT_NE(survives({"restore", "latest", "out/all"}).status, 0) << name;
  }
  survives_all();
  // Nor does the catalog's word count.
  enemy().sql("UPDATE snapshots SET name='../../treasure' WHERE name='" + honest.name + "'");
  survives_mount();
  EXPECT_NE(survives({"list"}).status, 0);
}

TEST_F(HostileNames, MomentsThatNoCalendarHas) {
  Snapshot snapshot = snapshot_of("2026-11-21T02-00-00Z", {});
  snapshot.id = random_id<SnapshotId>();
  // As encode_record() refuses to write it: the seconds, as the record's front has them.
  Encoder body;
  body.bytes(snapshot.id.view());
  body.text(snapshot.name);
  body.zigzag(INT64_MIN);
  body.text("enemy");
  for (int i = 0; i < 5; ++i) body.varint(0);
  Encoder record;
  record.bytes(as_bytes("VARVESN2"));
  encode_packed_text(record, body.buffer());
  seal_record(record);
  enemy().commit_record(snapshot.id, Timestamp{INT64_MAX}, record.buffer());
  EXPECT_NE(survives({"list", "latest"}).status, 0);
  survives({"forget", "--keep-within", "30d"});
  survives_all();
}

TEST_F(HostileNames, RecordsThatAreBombs) {
  // 512 MiB of empty sources out of 16 KiB: a frame of zeros.
  const Bytes zeros(64u << 20);
  Compressor compressor(19);
  Encoder record;
  record.bytes(as_bytes("VARVESN2"));
  record.u8(1);
  record.varint(zeros.size());
  const ByteView frame = compressor.full(zeros).stored;
  record.varint(frame.size());
  record.bytes(frame);
  seal_record(record);
  enemy().commit_record(random_id<SnapshotId>(), Timestamp{1'800'000'000}, record.buffer());
  is_refused();
}

TEST_F(HostileNames, RecordsWithoutEnd) {
  const Snapshot snapshot = enemy().commit({file("file", content())});
  std::filesystem::resize_file(repository() / record_name(snapshot.id), std::uint64_t{1} << 40);
  EXPECT_NE(survives({"check"}).status, 0);
  survives_all();
  expect_little_memory();
}

TEST_F(HostileNames, FoldersWithoutBottom) {
  const ChunkRef root = content();
  std::string path;
  for (int i = 0; i < 4000; ++i) path += "a/";
  enemy().commit({file(path + "file", root)});
  survives_all(path + "file");
  expect_little_memory();
}

}  // namespace
}  // namespace varve
