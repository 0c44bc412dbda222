#include "store/catalog/sqlite_catalog.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <random>

#include "store/core/error.h"
#include "tests/support/child.h"
#include "tests/support/expect_error.h"
#include "tests/support/small_disk.h"
#include "tests/support/temp_folder.h"

namespace varve {
namespace {

constexpr Timestamp kTime{1795226400};

NewPack pack_of_random(std::size_t count) {
  NewPack pack{random_id<PackId>(), 16 + 100 * count, {}};
  for (std::size_t i = 0; i < count; ++i) {
    pack.chunks.push_back({random_id<ChunkRef>(), 16 + 100 * i, 100, false});
  }
  return pack;
}

Bytes no_record(const std::string&) { return {}; }

void commit(Catalog& catalog, const std::vector<NewPack>& packs = {}) {
  catalog.commit_snapshot(random_id<SnapshotId>(), kTime, packs, no_record);
}

void run_sql(const Path& file, const char* sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(database);
}

void write_text(const Path& path, std::string_view text) {
  File::open_or_create(path).write_all(as_bytes(text));
}

TEST(SqliteCatalog, AMissingFileIsNotMade) {
  const TempFolder folder;
  expect_error(ErrorCode::not_found, (folder / "catalog.db").native(),
               [&] { SqliteCatalog catalog(folder / "catalog.db"); });
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

// A purge that was cut short has to end on a disk that has filled up since: gc begins with it.
TEST(SqliteCatalog, ADroppedPackIsPurgedWithLittleRoomForTheJournal) {
  SmallDisk disk(16u << 20);
  SqliteCatalog::create(disk / "catalog.db");
  const NewPack pack = pack_of_random(40'000);
  std::vector<ChunkRef> refs;
  for (const ChunkRow& row : pack.chunks) refs.push_back(row.ref);
  {
    SqliteCatalog catalog(disk / "catalog.db");
    catalog.add_packs({pack, pack_of_random(20'000)});
    catalog.drop_packs({pack.id});
  }
  disk.fill(640u << 10);
  SqliteCatalog catalog(disk / "catalog.db");
  catalog.purge_dropped(pack.id, refs);
  EXPECT_EQ(catalog.chunk_count(), 20'000U);
  EXPECT_EQ(catalog.packs().size(), 1U);
}

TEST(SqliteCatalog, CreateIsPrivateAndNeverOverAFile) {
  const TempFolder folder;
  SqliteCatalog::create(folder / "catalog.db");
  EXPECT_EQ(std::filesystem::status(folder / "catalog.db").permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  commit(*std::make_unique<SqliteCatalog>(folder / "catalog.db"));
  expect_error(ErrorCode::io, (folder / "catalog.db").native(),
               [&] { SqliteCatalog::create(folder / "catalog.db"); });
  EXPECT_EQ(SqliteCatalog(folder / "catalog.db").snapshots().size(), 1u);
}

TEST(SqliteCatalog, OtherFilesAreDamagedCatalogs) {
  const TempFolder folder;
  const Path file = folder / "catalog.db";
  for (const char* content : {"", "x",
                              "some text that is no database at all, and long enough to "
                              "hold what would be a header of one hundred bytes....."}) {
    remove_file(file);
    write_text(file, content);
    expect_error(ErrorCode::corrupt, file.native(), [&] { SqliteCatalog catalog(file); });
  }
  remove_file(file);
  run_sql(file, "CREATE TABLE of_somebody_else(a)");
  expect_error(ErrorCode::corrupt, file.native(), [&] { SqliteCatalog catalog(file); });
}

TEST(SqliteCatalog, ANewerVarvesIsLeftAlone) {
  const TempFolder folder;
  const Path file = folder / "catalog.db";
  SqliteCatalog::create(file);
  run_sql(file, "PRAGMA user_version=2");
  expect_error(ErrorCode::failed, "newer varve", [&] { SqliteCatalog catalog(file); });
}

TEST(SqliteCatalog, OneThatWroteNothingLeavesTheFileAlone) {
  const TempFolder folder;
  const Path file = folder / "catalog.db";
  SqliteCatalog::create(file);
  commit(*std::make_unique<SqliteCatalog>(file), {pack_of_random(100)});
  const auto written = std::filesystem::last_write_time(file);
  const Bytes bytes = read_file(file);
  {
    SqliteCatalog catalog(file);
    EXPECT_EQ(catalog.snapshots().size(), 1u);
    EXPECT_FALSE(catalog.find(ChunkKey{1}));
  }
  EXPECT_EQ(std::filesystem::last_write_time(file), written);
  EXPECT_EQ(read_file(file), bytes);
  EXPECT_FALSE(std::filesystem::exists(folder / "catalog.db-wal"));
  EXPECT_FALSE(std::filesystem::exists(folder / "catalog.db-shm"));
}

TEST(SqliteCatalog, TheJournalStaysShortWhileOthersHaveItOpen) {
  const TempFolder folder;
  const Path file = folder / "catalog.db";
  SqliteCatalog::create(file);
  SqliteCatalog mounted(file);
  EXPECT_EQ(mounted.generation(), 0u);
  {
    SqliteCatalog writer(file);
    for (int i = 0; i < 4; ++i) commit(writer, {pack_of_random(40'000)});
  }
  EXPECT_LE(std::filesystem::file_size(folder / "catalog.db-wal"), 1u << 20);
  EXPECT_EQ(mounted.snapshots().size(), 4u);
}

TEST(SqliteCatalog, ADeadWritersCommitsAreThere) {
  const TempFolder folder;
  const Path file = folder / "catalog.db";
  SqliteCatalog::create(file);
  const NewPack pack = pack_of_random(100);
  Child writer([&]() -> int {
    SqliteCatalog catalog(file);
    commit(catalog, {pack});
    catalog.commit_snapshot(random_id<SnapshotId>(), kTime, {pack_of_random(100)},
                            [](const std::string&) -> Bytes { ::_exit(0); });
    return 1;
  });
  EXPECT_EQ(writer.wait(), 0);
  SqliteCatalog catalog(file);
  EXPECT_EQ(catalog.snapshots().size(), 1u);
  EXPECT_EQ(catalog.chunk_count(), 100u);
  EXPECT_TRUE(catalog.find(key_of(pack.chunks[50].ref)));
  EXPECT_TRUE(catalog.check().empty());
}

// --- damage -------------------------------------------------------------------------------

// Everything that reads, in any state of the file: works, or says that it is damaged.
void use_all(const Path& file, const std::vector<ChunkKey>& keys) {
  SqliteCatalog catalog(file);
  std::vector<std::optional<Location>> found(keys.size());
  catalog.find_many(keys, found);
  catalog.snapshots();
  catalog.packs();
  catalog.check();
  commit(catalog, {pack_of_random(10)});
}

TEST(SqliteCatalog, DamageAnywhereIsToldOrHarmlessButNeverElse) {
  const TempFolder folder;
  const Path file = folder / "catalog.db";
  SqliteCatalog::create(file);
  const NewPack pack = pack_of_random(2000);
  commit(*std::make_unique<SqliteCatalog>(file), {pack});
  std::vector<ChunkKey> keys;
  for (const ChunkRow& row : pack.chunks) keys.push_back(key_of(row.ref));
  const Bytes sound = read_file(file);

  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  int told = 0;
  for (int i = 0; i < 150; ++i) {
    Bytes damaged = sound;
    for (int changes = 0; changes < 1 + i % 4; ++changes) {
      damaged[random() % damaged.size()] ^= static_cast<std::byte>(1 + random() % 255);
    }
    if (i % 10 == 0) damaged.resize(random() % damaged.size());
    for (const char* name : {"catalog.db", "catalog.db-wal", "catalog.db-shm"}) {
      remove_file(folder / name);
    }
    File::create_new(file).write_all(damaged);
    const auto error = error_of([&] { use_all(file, keys); });
    if (!error) continue;
    ++told;
    EXPECT_TRUE(error->code() == ErrorCode::corrupt || error->code() == ErrorCode::failed)
        << error->what();
    EXPECT_NE(std::string(error->what()).find(file.native()), std::string::npos) << error->what();
  }
  EXPECT_GT(told, 10);
}

// --- a full disk --------------------------------------------------------------------------

TEST(SqliteCatalog, OnAFullDiskAWriteFailsAndNothingChanges) {
  SmallDisk disk(16 << 20);
  const Path file = disk / "catalog.db";
  SqliteCatalog::create(file);
  const NewPack pack = pack_of_random(5'000);
  const NewPack next = pack_of_random(5'000);
  SqliteCatalog catalog(file);
  commit(catalog, {pack});
  const std::uint64_t generation = catalog.generation();
  int failed = 0;
  for (std::uint64_t leave = 0;; leave += 32 << 10) {
    disk.empty();
    disk.fill(leave);
    if (!error_of([&] { commit(catalog, {next}); })) break;
    ++failed;
    expect_error(ErrorCode::no_space, file.native(), [&] { catalog.add_packs({next}); });
    EXPECT_EQ(catalog.snapshots().size(), 1u);
    EXPECT_EQ(catalog.generation(), generation);
    EXPECT_EQ(catalog.packs().size(), 1u);
    EXPECT_EQ(catalog.chunk_count(), 5'000u);
    EXPECT_TRUE(catalog.find(key_of(pack.chunks[7].ref)));
    EXPECT_FALSE(catalog.find(key_of(next.chunks[7].ref)));
    EXPECT_LE(std::filesystem::file_size(disk / "catalog.db-wal"), 1u << 20);
  }
  EXPECT_GT(failed, 1);
  EXPECT_EQ(catalog.snapshots().size(), 2u);
  EXPECT_TRUE(catalog.find(key_of(next.chunks[7].ref)));
  EXPECT_TRUE(catalog.check().empty());
}

TEST(SqliteCatalog, OnAFullDiskItOpensAndReads) {
  SmallDisk disk(8 << 20);
  const Path file = disk / "catalog.db";
  SqliteCatalog::create(file);
  const NewPack pack = pack_of_random(1'000);
  commit(*std::make_unique<SqliteCatalog>(file), {pack});
  disk.fill();
  {
    SqliteCatalog catalog(file);
    EXPECT_EQ(catalog.snapshots().size(), 1u);
    EXPECT_EQ(catalog.find(key_of(pack.chunks[3].ref))->pack, pack.id);
    expect_error(ErrorCode::no_space, file.native(), [&] { commit(catalog); });
    // One that stays open does not keep others out.
    SqliteCatalog other(file);
    EXPECT_EQ(other.snapshots().size(), 1u);
    disk.empty();
    commit(other);
    commit(catalog);
  }
  EXPECT_EQ(SqliteCatalog(file).snapshots().size(), 3u);
}

TEST(SqliteCatalog, OnAFullDiskCreateLeavesNothing) {
  SmallDisk disk(256 << 10);
  disk.fill(12 << 10);
  expect_error(ErrorCode::no_space, (disk / "catalog.db").native(),
               [&] { SqliteCatalog::create(disk / "catalog.db"); });
  EXPECT_FALSE(std::filesystem::exists(disk / "catalog.db"));
  disk.empty();
  SqliteCatalog::create(disk / "catalog.db");
  EXPECT_EQ(SqliteCatalog(disk / "catalog.db").generation(), 0u);
}

}  // namespace
}  // namespace varve
