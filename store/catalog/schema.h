// The tables of the SQLite catalog (FORMAT.md "Catalog"), and how a file is known to be one.
#pragma once

#include <cstdint>

namespace varve {

// PRAGMA application_id and user_version. A higher version is a newer varve's.
inline constexpr std::int64_t kCatalogApplicationId = 0x76727663;  // "vrvc"
inline constexpr std::int64_t kCatalogVersion = 1;

// What must stand before the first table. A file that is not whole yet needs no journal: it is
// removed where making it fails.
inline constexpr char kCatalogFileSettings[] =
    "PRAGMA page_size=4096;"
    "PRAGMA auto_vacuum=INCREMENTAL;"  // purging gives its pages back
    "PRAGMA journal_mode=MEMORY;";

// `at` is where a chunk lies: pack number, offset and length as varints, one after the other.
// With random keys a row of `chunks` takes 22.5 bytes of file, the tree's free space included
// (three integer columns: 25.7; the same with a rowid: 23.7). Numbers of packs are never used
// again: a row that was left behind leads nowhere.
// The large column comes last, where a listing does not touch it. The order of snapshots has an
// index, as every ingest asks for the newest ones: see "By length first" in snapshot_rows.cc. A
// catalog that was made without it works, and sorts them each time.
inline constexpr char kCatalogTables[] =
    "BEGIN;"
    "CREATE TABLE chunks(key INTEGER NOT NULL PRIMARY KEY, at BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE crowded(ref BLOB NOT NULL PRIMARY KEY, at BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE packs(number INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE,"
    "  size INTEGER NOT NULL, condemned_epoch INTEGER NOT NULL DEFAULT 0,"
    "  dropped INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE snapshots(number INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE,"
    "  name TEXT NOT NULL UNIQUE, time INTEGER NOT NULL, record BLOB NOT NULL);"
    "CREATE INDEX snapshots_in_order ON snapshots(time, length(name), name);"
    "CREATE TABLE attestations(number INTEGER PRIMARY KEY, snapshot INTEGER NOT NULL,"
    "  attestation BLOB NOT NULL);"
    "CREATE INDEX attestations_of ON attestations(snapshot);"
    "CREATE TABLE meta(name TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
    "INSERT INTO meta VALUES('epoch', 0), ('generation', 0);"
    "PRAGMA application_id=0x76727663;"
    "PRAGMA user_version=1;"
    "COMMIT;"
    "PRAGMA journal_mode=WAL;";

}  // namespace varve
