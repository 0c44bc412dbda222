// varve repair, with real databases: from a damaged repository to a sound one.
#include <algorithm>

#include "tests/support/damaged_data.h"
#include "tests/system/varve_program.h"

namespace varve {
namespace {

constexpr const char* kHint = "'varve repair packs'";

class CliRepair : public VarveProgram {
 protected:
  void SetUp() override {
    init();
    make_database(in_folder("a.db"), 2000);
    must({"ingest", "a.db", "--time", "2026-11-01"});
    make_database(in_folder("b.db"), 500);
    must({"ingest", "b.db", "--time", "2026-11-02"});
  }

  // Oldest first, by what is in the folder before and after.
  std::vector<Path> packs() const {
    std::vector<Path> found = packs_of(repository());
    std::ranges::sort(found, std::ranges::greater(),
                      [](const Path& path) { return std::filesystem::file_size(path); });
    return found;
  }
  // Of the larger pack, that of a.db.
  void damage_the_database() const { damage_data(packs().front()); }
  // The exit status is 3, and there is one warning, which it returns.
  std::string warned(const Words& arguments, std::string* output = nullptr) const {
    const ProgramResult result = varve(arguments);
    EXPECT_EQ(result.status, 3) << result.err;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    if (output != nullptr) *output = result.out;
    return result.err;
  }
};

TEST_F(CliRepair, OfASoundRepositoryChangesNothing) {
  const std::set<std::string> before = names_in(repository());
  expect_holds(must({"repair", "packs"}), "all is well");
  expect_holds(must({"repair", "packs", "--dry-run"}), "all is well");
  EXPECT_EQ(names_in(repository()), before);
  expect_holds(must({"repair", "catalog"}), "the old one is kept as catalog.db.broken");
  must({"check", "--read-data"});
}

TEST_F(CliRepair, DamageIsSavedNamedAndHealedByTheNextIngest) {
  damage_the_database();
  expect_holds(varve({"check", "--read-data"}).err, kHint);
  std::string said;
  expect_holds(warned({"repair", "packs", "--dry-run"}, &said), "would be lost");
  expect_holds(said, "would be saved");
  expect_holds(warned({"repair", "packs"}, &said), "an ingest stores again");
  expect_holds(said, "lost: 2026-11-01T00-00-00Z:a.db bytes ");
  expect_holds(said, "the file is kept as broken/");
  EXPECT_EQ(varve({"cat", "latest:a.db:a.db"}).status, 1);
  must({"cat", "latest:b.db:b.db"});
  must({"gc"});
  must({"stats"});

  // The database is as it was, and would be called unchanged.
  const std::string ingested = must({"ingest", "a.db"});
  EXPECT_EQ(ingested.find("nothing stored"), std::string::npos) << ingested;
  expect_holds(ingested, "full");
  expect_holds(must({"check", "--read-data"}), "all is well");
  expect_holds(must({"repair", "packs"}), "all is well");
  expect_holds(must({"ingest", "a.db"}), "nothing stored");
  must({"restore", "2026-11-01", "out"});
  EXPECT_FALSE(std::filesystem::exists(repository() / "lost"));
}

TEST_F(CliRepair, AnUnchangedFileOfAFolderIsReadAgain) {
  std::filesystem::create_directory(in_folder("www"));
  write_text(in_folder("www/page"), std::string(300'000, 'x') + "page");
  std::string noise(200'000, ' ');
  for (std::size_t i = 0; i < noise.size(); ++i) {
    noise[i] = static_cast<char>((i * 2654435761u) >> 13);
  }
  write_text(in_folder("www/noise"), noise);
  // Files that were written a moment ago prove nothing by their times.
  for (const char* name : {"www/page", "www/noise"}) {
    const Path path = in_folder(name);
    std::filesystem::last_write_time(
        path, std::filesystem::last_write_time(path) - std::chrono::hours(1));
  }
  const std::vector<Path> before = packs();
  must({"ingest", "www"});
  for (const Path& pack : packs()) {
    if (std::ranges::find(before, pack) == before.end()) damage_data(pack);
  }
  const Json lost = Json::parse(varve({"repair", "packs", "--json"}).out);
  ASSERT_EQ(lost["lost"].size(), 1U);
  EXPECT_EQ(lost["lost"][0]["path"], "www/noise");
  must({"ingest", "www"});
  must({"check", "--read-data"});
  must({"restore", "latest:www:www/noise", "noise"});
  EXPECT_EQ(content_of(in_folder("noise")), noise);
}

TEST_F(CliRepair, FromACopy) {
  std::filesystem::copy(repository(), in_folder("copy"), std::filesystem::copy_options::recursive);
  std::filesystem::remove(packs().front());
  warned({"repair", "packs", "--dry-run"});
  const Json healed = must_json({"repair", "packs", "--from", "copy"});
  EXPECT_EQ(keys_of(healed),
            (std::set<std::string>{"packs", "objects", "put_back", "damaged", "adopted_packs",
                                   "healed_chunks", "mended_rows", "records", "hopeless_records",
                                   "lost_chunks", "lost", "seconds", "dry_run"}));
  EXPECT_GT(healed["healed_chunks"], 5);
  EXPECT_EQ(healed["lost"], Json::array());
  must({"check", "--read-data"});
  must({"gc"});
  must({"check", "--read-data"});
  expect_holds(refused(2, {"repair", "packs", "--from", repository()}), "--from");
}

TEST_F(CliRepair, ACatalogThatIsGoneOrDamaged) {
  const Path catalog = repository() / "catalog.db";
  std::filesystem::remove(catalog);
  for (const Words& command : {Words{"list"}, Words{"check"}, Words{"ingest", "a.db"}, Words{"gc"},
                               Words{"repair", "packs"}}) {
    expect_holds(refused(1, command), "'varve repair catalog'");
  }
  const Json made = must_json({"repair", "catalog"});
  EXPECT_EQ(keys_of(made), (std::set<std::string>{"packs", "chunks", "snapshots", "attestations",
                                                  "unreadable_objects", "damaged_packs", "left_out",
                                                  "records_aside", "lost", "kept_as", "seconds"}));
  EXPECT_EQ(made["snapshots"], 2);
  EXPECT_EQ(made["attestations"], 2);
  EXPECT_EQ(names(), (Words{"2026-11-01T00-00-00Z", "2026-11-02T00-00-00Z"}));
  expect_holds(must({"ingest", "a.db"}), "nothing stored");

  std::string bytes = content_of(catalog);
  for (std::size_t at = 4200; at < bytes.size(); at += 50) bytes[at] = 'x';
  write_text(catalog, bytes);
  expect_holds(varve({"check"}).err, "'varve repair catalog'");
  must({"repair", "catalog"});
  must({"check", "--read-data"});
}

// What only the snapshot of a lost record needs is garbage from then on: that is said, and what
// there is to do before.
TEST_F(CliRepair, ARecordThatIsLeftOutIsNamedBeforeGcTakesWhatItNeeds) {
  std::filesystem::copy(repository(), in_folder("copy"), std::filesystem::copy_options::recursive);
  const std::string record =
      "snapshots/" + must_json({"list", "2026-11-01"})["snapshot"]["id"].get<std::string>();
  std::filesystem::permissions(repository() / record, std::filesystem::perms::owner_all);
  write_text(repository() / record, "no record");
  std::filesystem::remove(repository() / "catalog.db");
  const std::string warning = warned({"repair", "catalog"});
  expect_holds(warning, record + " is left out of the catalog and kept as broken/");
  expect_holds(warning, "the next 'varve gc' frees what its snapshot alone needs");
  EXPECT_EQ(names(), Words{"2026-11-02T00-00-00Z"});

  // As it says.
  std::filesystem::copy(in_folder("copy") / record, repository() / record);
  must({"repair", "catalog"});
  must({"gc"});
  EXPECT_EQ(names(), (Words{"2026-11-01T00-00-00Z", "2026-11-02T00-00-00Z"}));
  must({"check", "--read-data"});
}

TEST_F(CliRepair, RefusesWhileTheRepositoryIsMounted) {
  std::filesystem::create_directory(in_folder("mnt"));
  must({"mount", "mnt"});
  expect_holds(refused(11, {"repair", "catalog"}), "mount");
  // A repair of packs goes on beside it, and what was hurt can be read again.
  std::filesystem::copy(repository(), in_folder("copy"), std::filesystem::copy_options::recursive);
  damage_the_database();
  must({"repair", "packs", "--from", "copy"});
  EXPECT_EQ(content_of(in_folder("mnt/2026-11-01T00-00-00Z/a.db")).size(),
            std::filesystem::file_size(in_folder("a.db")));
  must({"umount", "mnt"});
  // The mount's process ends a moment later, on a busy machine several.
  ProgramResult result = varve({"repair", "catalog"});
  for (int tries = 0; result.status == 11 && tries < 30; ++tries) {
    result = varve({"repair", "catalog"});
  }
  EXPECT_EQ(result.status, 0) << result.err;
}

TEST_F(CliRepair, SaysWhatItTakes) {
  refused(2, {"repair"});
  refused(2, {"repair", "disk"});
  expect_holds(refused(2, {"repair", "catalog", "--dry-run"}), "--dry-run");
  expect_holds(refused(2, {"repair", "catalog", "--from", "copy"}), "--from");
  refused(10, {"repair", "packs", "--from", "nowhere"});
}

}  // namespace
}  // namespace varve
