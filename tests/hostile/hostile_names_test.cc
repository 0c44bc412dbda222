// Records and rows that mean to write elsewhere, or to take all memory.
#include <sys/stat.h>

#include "store/snapshots/packed_text.h"
#include "store/transform/codec.h"
#include "store/transform/seal.h"
#include "tests/hostile/hostile_program.h"

namespace varve {
namespace {

// A path or a name, and what it is called in this test's name.
struct Hostile {
  const char* label;
  std::string text;
};
void PrintTo(const Hostile& hostile, std::ostream* out) { *out << hostile.label; }
std::string label_of(const testing::TestParamInfo<Hostile>& info) { return info.param.label; }

class HostileNames : public HostileProgram {
 protected:
  ChunkRef content() { return enemy().chunk(as_bytes("gotcha")); }
  FileEntry file(std::string path, const ChunkRef& root) {
    return file_entry(std::move(path), 6, root);
  }
  // The latest snapshot's record is refused in these words by whoever reads it.
  void is_refused(const std::string& why) {
    EXPECT_NE(survives({"check"}).status, 0);
    for (const Words& words : {Words{"list", "latest"}, Words{"restore", "latest", "out/all"}}) {
      const ProgramResult result = survives(words);
      EXPECT_EQ(result.status, 1) << words.front();
      expect_holds(result.err, why);
    }
    EXPECT_TRUE(names_in(in_folder("out")).empty());
    survives_all();
    expect_little_memory();
  }
};

class PathsThatLeadOut : public HostileNames, public testing::WithParamInterface<Hostile> {};

TEST_P(PathsThatLeadOut, AreRefused) {
  enemy().commit({file(GetParam().text, content())});
  is_refused("a path leaves its folder, or is none");
}

INSTANTIATE_TEST_SUITE_P(, PathsThatLeadOut,
                         testing::Values(Hostile{"Above", "../treasure"},
                                         Hostile{"AboveByWayOfAFolder", "a/../../treasure"},
                                         Hostile{"Absolute", "/tmp/varve-hostile-outside"},
                                         Hostile{"TheFolderAbove", ".."}, Hostile{"TheFolder", "."},
                                         Hostile{"TwoSlashes", "a//b"},
                                         Hostile{"SlashBehind", "a/"},
                                         Hostile{"Nul", std::string("a\0b", 3)},
                                         Hostile{"TooLong", std::string(9000, 'x')},
                                         Hostile{"None", ""}),
                         label_of);

TEST_F(HostileNames, AFileBelowALink) {
  const ChunkRef root = content();
  enemy().commit({link_entry("link", ".."), file("link/treasure", root)});
  is_refused("a file lies below another one");
}

TEST_F(HostileNames, AFileBelowAFile) {
  const ChunkRef root = content();
  // Between both, in the order of paths, stands another one.
  enemy().commit({file("a", root), file("a b", root), file("a/b", root)});
  is_refused("a file lies below another one");
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

class NamesThatAreNone : public HostileNames, public testing::WithParamInterface<Hostile> {};

TEST_P(NamesThatAreNone, AreRefused) {
  Snapshot snapshot = snapshot_of(GetParam().text, {file("file", content())});
  snapshot.id = random_id<SnapshotId>();
  enemy().commit_record(snapshot.id, Timestamp{1'800'000'000}, encode_record(snapshot));
  is_refused("its name is no snapshot's");
}

INSTANTIATE_TEST_SUITE_P(, NamesThatAreNone,
                         testing::Values(Hostile{"Above", "../../treasure"},
                                         Hostile{"InAFolder", "a/b"},
                                         Hostile{"TheFolderAbove", ".."},
                                         Hostile{"TheMountsOwn", "latest"}, Hostile{"None", ""},
                                         Hostile{"ForATerminal", "\x1b[2J"}),
                         label_of);

TEST_F(HostileNames, ARowCalledAsItLikes) {
  const Snapshot honest = enemy().commit({file("file", content())});
  enemy().sql("UPDATE snapshots SET name='../../treasure' WHERE name='" + honest.name + "'");
  survives_mount();
  const ProgramResult listed = survives({"list"});
  EXPECT_EQ(listed.status, 1);
  expect_holds(listed.err, "catalog.db is damaged: 'varve repair catalog' makes it anew");
}

// One bad record takes no other snapshot with it: what is named whole is there, and what weighs all
// snapshots says which one is in its way.
TEST_F(HostileNames, ABadRecordBesideAnHonestOne) {
  const ChunkRef root = content();
  const Snapshot honest = enemy().commit({file("file", root)});
  const Snapshot bad = enemy().commit({file("../treasure", root)});

  EXPECT_EQ(varve({"cat", honest.name + ":file"}).out, "gotcha");
  EXPECT_EQ(varve({"list", honest.name}).status, 0);
  const ProgramResult restored = varve({"restore", honest.name, "out/all"});
  EXPECT_EQ(restored.status, 0) << restored.err;
  EXPECT_EQ(content_of(in_folder("out/all/file")), "gotcha");
  must({"mount", in_folder("mnt")});
  EXPECT_EQ(content_of(in_folder("mnt") / honest.name / "file"), "gotcha");
  EXPECT_TRUE(std::filesystem::exists(in_folder("mnt") / bad.name));
  must({"umount", in_folder("mnt")});

  const ProgramResult listed = varve({"list"});
  EXPECT_EQ(listed.status, 3);
  expect_holds(listed.out, honest.name);
  EXPECT_EQ(std::count(listed.err.begin(), listed.err.end(), '\n'), 1) << listed.err;
  expect_holds(listed.err, "snapshot " + bad.name + " cannot be read: ");
  const ProgramResult json = varve({"list", "--json"});
  EXPECT_EQ(json.status, 3);
  EXPECT_EQ(Json::parse(json.out).at("snapshots").size(), 1U);
  for (const Words& words : {Words{"list", bad.name}, Words{"cat", "latest:file"}, Words{"gc"},
                             Words{"forget", honest.name}}) {
    expect_holds(refused(1, words), "snapshot " + bad.name + " cannot be read: ");
  }

  write_text(in_folder("tonight"), "stored");
  const ProgramResult ingested = varve({"ingest", "tonight"});
  EXPECT_EQ(ingested.status, 3) << ingested.err;
  expect_holds(ingested.err, "snapshot " + bad.name + " cannot be read: ");

  EXPECT_EQ(varve({"repair", "catalog"}).status, 3);  // it says what it left out
  EXPECT_EQ(names().front(), honest.name);
  EXPECT_EQ(names().size(), 2u);
  EXPECT_EQ(varve({"cat", "latest:tonight"}).out, "stored");
  EXPECT_EQ(varve({"cat", honest.name + ":file"}).out, "gotcha");
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
  record.bytes(as_bytes(kRecordMagic));
  encode_packed_text(record, body.buffer());
  seal_record(record);
  enemy().commit_record(snapshot.id, Timestamp{INT64_MAX}, record.buffer());
  survives({"forget", "--keep-within", "30d"});
  is_refused("a moment that no calendar has");
}

TEST_F(HostileNames, RecordsThatAreBombs) {
  // 512 MiB of empty sources out of 16 KiB: a frame of zeros.
  const Bytes zeros(64u << 20);
  Compressor compressor(19);
  Encoder record;
  record.bytes(as_bytes(kRecordMagic));
  record.u8(1);
  record.varint(zeros.size());
  const ByteView frame = compressor.full(zeros).stored;
  record.varint(frame.size());
  record.bytes(frame);
  seal_record(record);
  enemy().commit_record(random_id<SnapshotId>(), Timestamp{1'800'000'000}, record.buffer());
  is_refused("it claims to unpack to more than it can");
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
