#include <sqlite3.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "store/core/file.h"
#include "store/ingest/fingerprint_table.h"
#include "store/repository/losses.h"
#include "store/repository/repository_config.h"
#include "store/snapshots/packed_text.h"
#include "store/snapshots/snapshot.h"
#include "tests/fuzz/corpus.h"
#include "tests/support/format_vectors.h"
#include "tests/support/temp_folder.h"

namespace varve::fuzz {
namespace {

// --- documents --------------------------------------------------------------------------

FileEntry database_entry() {
  FileEntry file;
  file.path = "history.db";
  file.size = 65536;
  file.mtime = Timestamp{1'763'690'000};
  file.mode = 0640;
  file.extent_size = 65536;
  file.root = ChunkRef{};
  file.format = "sqlite";
  file.facts["journal_mode"] = "wal";
  return file;
}

std::vector<FileEntry> some_files() {
  FileEntry folder;
  folder.path = "www";
  folder.type = FileType::folder;
  folder.mode = 0755;
  folder.owner = Owner{1000, 1000};
  FileEntry page;
  page.path = "www/page\n1.html";
  page.chunking = Chunking::content;
  page.size = 300'000;
  page.levels = 1;
  page.root = ChunkRef{};
  page.sparse = true;
  page.mtime_nanoseconds = 5;
  page.stamp = 77;
  FileEntry link;
  link.path = "www/z";
  link.type = FileType::link;
  link.target = "../x";
  return {database_entry(), folder, page, link};
}

Snapshot some_snapshot() {
  Snapshot snapshot;
  snapshot.name = "2026-11-21T02-00-00Z";
  snapshot.time = Timestamp{1'763'690'400};
  snapshot.host = "db1";
  snapshot.tags = {"nightly"};
  SourceInfo source;
  source.name = "history.db";
  source.kind = "sqlite";
  source.location = "/srv/app/history.db";
  source.moment = snapshot.time;
  source.facts["page_size"] = "4096";
  source.row_counts["users"] = 300;
  source.fingerprint = bytes_of("www");
  snapshot.sources = {source};
  snapshot.files = some_files();
  return snapshot;
}

std::vector<Attestation> some_attestations() {
  Attestation attestation;
  attestation.source = attestation.file = "history.db";
  attestation.level = "full";
  attestation.passed = true;
  attestation.time = Timestamp{1'763'690'404};
  attestation.seconds = 1.5;
  attestation.program = "sqlite 3.40.1";
  attestation.row_counts["users"] = 300;
  attestation.sha256 = Sha256{};
  attestation.assertions.push_back({"SELECT count(*) > 0 FROM users", true, ""});
  attestation.taken_from = "2026-11-20T02-00-00Z";
  return {attestation};
}

// The text inside of a document: what a target packs again.
Bytes text_in(const Bytes& document, std::size_t front) {
  Decoder in(ByteView(document).subspan(front), "document");
  return decode_packed_text(in, "document");
}

// The target's documents are about the snapshot of id 0.
Bytes about_nobody(Bytes document) {
  std::fill_n(document.begin() + kRecordMagic.size(), SnapshotId::size, std::byte{0});
  return document;
}

// A frame of some bytes that claims to hold half a gigabyte.
Bytes bomb(std::string_view magic, ByteView id) {
  Encoder out;
  out.bytes(as_bytes(magic));
  out.bytes(id);
  out.u8(1);
  out.varint(std::uint64_t{1} << 29);
  out.varint(4);
  out.u32(0);
  out.u64(0);  // the target puts the seal right
  return out.take();
}

// Times, sizes and paths that no ingest writes.
Bytes strange_record() {
  Snapshot snapshot = some_snapshot();
  snapshot.files[0].path = std::string(600, 'x') + "/..";
  snapshot.files[2].size = ~std::uint64_t{0};
  snapshot.files[2].mtime = Timestamp{INT64_MIN};
  return encode_record(snapshot);
}

Bytes fingerprint_table(const TempFolder& scratch) {
  FingerprintTableWriter writer(scratch / "table");
  for (std::uint64_t i = 0; i < 40; ++i) writer.add(i, Fingerprint{});
  writer.finish(ChunkRef{});
  return read_file(scratch / "table");
}

// --- databases --------------------------------------------------------------------------

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close(database); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;

Database open_database(const Path& path) {
  sqlite3* opened = nullptr;
  if (sqlite3_open(path.c_str(), &opened) != SQLITE_OK) throw std::runtime_error("no database");
  return Database(opened);
}

void execute(const Database& database, const char* sql) {
  char* fault = nullptr;
  if (sqlite3_exec(database.get(), sql, nullptr, nullptr, &fault) == SQLITE_OK) return;
  throw std::runtime_error(fault == nullptr ? "SQL" : fault);
}

constexpr char kTables[] =
    "CREATE TABLE t(id INTEGER PRIMARY KEY, v);"
    "CREATE TABLE w(k TEXT PRIMARY KEY, v) WITHOUT ROWID;"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40)"
    " INSERT INTO t SELECT i, 'row ' || i FROM n;"
    "INSERT INTO t VALUES(99, hex(zeroblob(700)));"
    "INSERT INTO w SELECT 'key ' || id, id FROM t;";

Bytes database_file(const TempFolder& scratch, const char* settings, const char* after) {
  const Path path = scratch / "database";
  std::filesystem::remove(path);
  const Database database = open_database(path);
  execute(database, settings);
  execute(database, kTables);
  execute(database, after);
  return read_file(path);
}

constexpr std::size_t kPage = 512;

void put(Bytes& database, std::uint32_t page, std::size_t at, std::string_view bytes) {
  const ByteView view = as_bytes(bytes);
  std::ranges::copy(view, database.begin() + static_cast<std::ptrdiff_t>((page - 1) * kPage + at));
}

// Page 2 is a leaf with one cell, at byte 400 of it.
void put_leaf(Bytes& database, char kind, std::string_view cell) {
  put(database, 2, 0, std::string(kPage, '\0'));
  put(database, 2, 0, std::string_view(&kind, 1));
  put(database, 2, 3, std::string_view("\0\1", 2));
  put(database, 2, 8, std::string_view("\x01\x90", 2));
  put(database, 2, 400, cell);
}

// A record whose header is as long as a number can be: what comes behind wraps around.
Bytes endless_header(Bytes database) {
  put_leaf(database, '\x0a', std::string("\x14", 1) + std::string(9, '\xff') + "\x01\x01\x01");
  return database;
}

// A row of exabytes, in an overflow page that follows itself.
Bytes endless_overflow(Bytes database) {
  put_leaf(database, '\x0d', std::string(8, '\xbf') + "\x7f\x01");
  for (std::size_t at = 410; at + 4 <= kPage; at += 4) put(database, 2, at, {"\0\0\0\3", 4});
  put(database, 3, 0, std::string_view("\0\0\0\3", 4));
  return database;
}

Bytes log_file(const TempFolder& scratch) {
  const Database database = open_database(scratch / "logged");
  execute(database, "PRAGMA page_size=512; PRAGMA journal_mode=WAL; CREATE TABLE t(v);");
  execute(database, "INSERT INTO t VALUES('one'); UPDATE t SET v='two';");
  return read_file(scratch / "logged-wal");
}

}  // namespace

Bytes bytes_of(std::string_view text) {
  const ByteView view = as_bytes(text);
  return {view.begin(), view.end()};
}

void add_documents(Corpus& corpus) {
  constexpr std::size_t kMagic = 8;
  const TempFolder scratch;
  corpus["config/present"] = encode_config({});
  corpus["config/future"] = corpus["config/present"];
  corpus["config/future"][kMagic] = std::byte{99};
  corpus["lost/two"] = encode_lost({{1}, {~std::uint64_t{0}}});
  corpus["lost/none"] = encode_lost({});
  const Bytes record = encode_record(some_snapshot());
  corpus["record/document"] = record;
  corpus["record/text"] = text_in(record, kMagic);
  Snapshot empty;
  empty.name = "2026-11-21T02-00-00Z";
  corpus["record/empty"] = text_in(encode_record(empty), kMagic);
  const Bytes attestations = encode_attestations({}, some_attestations());
  corpus["attestation/document"] = attestations;
  corpus["attestation/text"] = text_in(attestations, kMagic + SnapshotId::size);
  corpus["record/first-form"] = format_vector("snapshot-record-1");
  corpus["attestation/first-form"] = about_nobody(format_vector("attestation-1"));
  corpus["attestation/second-form"] = about_nobody(format_vector("attestations-2"));
  corpus["record/bomb"] = bomb(kRecordMagic, {});
  corpus["record/strange"] = text_in(strange_record(), kMagic);
  corpus["attestation/bomb"] = bomb(kAttestationMagic, SnapshotId{}.view());
  corpus["fingerprints/short"] = fingerprint_table(scratch);
  corpus["fingerprints/none"] = Bytes(40);
}

void add_databases(Corpus& corpus) {
  const TempFolder scratch;
  corpus["btree/plain"] =
      database_file(scratch, "PRAGMA page_size=512;", "DELETE FROM t WHERE id < 20;");
  corpus["btree/auto-vacuum"] = database_file(
      scratch, "PRAGMA page_size=1024; PRAGMA auto_vacuum=2;", "DELETE FROM w WHERE v < 20;");
  corpus["btree/endless-header"] = endless_header(corpus["btree/plain"]);
  corpus["btree/endless-overflow"] = endless_overflow(corpus["btree/plain"]);
  corpus["wal/small"] = log_file(scratch);
  corpus["wal/header"] = Bytes(corpus["wal/small"].begin(), corpus["wal/small"].begin() + 32);
}

void add_texts(Corpus& corpus) {
  corpus["texts/time"] = bytes_of("2026-11-21T02:00:00+01:00\nx");
  corpus["texts/seconds"] = bytes_of("@1763690400\n");
  corpus["texts/duration"] = bytes_of("1d12h\n");
  corpus["texts/name"] = bytes_of("shop-backup-2025-11-24T23-30-00.db\n");
  corpus["texts/path"] = bytes_of("./a//b/../c\n../../etc/passwd");
  corpus["texts/pattern"] = bytes_of("www/**/[a-z]*.html\nwww/a/b/index.html");
  corpus["texts/uri"] = bytes_of("rediss://user@host:6380?cacert=/etc/ca.pem&key=/k\n");
  corpus["texts/options"] = bytes_of("ro,uid=1000,cache=64M,umask=022,source=a.db\n");
  corpus["texts/mounts"] = bytes_of(
      "36 35 98:0 /mnt1 /mnt/a\\040b rw,noatime master:1 - fuse.varve /srv/backups rw,x=y\n");
  corpus["texts/mark"] = bytes_of(
      "varve kept of=my%20shop since=2026-11-21T08:14:40Z repository=6f0c "
      "safety=2026-11-21T08-14-40Z\nthe shop\nof 1999");
  corpus["texts/globals"] = bytes_of(
      "-- roles\n\\connect x\nCREATE ROLE \"a;b\";\nALTER ROLE a PASSWORD E'x\\';--';\n"
      "CREATE TABLESPACE t OWNER a LOCATION '/srv/it''s';\nALTER ROLE a IN DATABASE d SET x TO 1;");
  corpus["job_file/small"] = bytes_of(
      "repository = \"/srv/backups\"\n[[job]]\nname = \"night\"\nsources = [\"/srv/a.db\", "
      "{ from = \"postgresql:///shop\", as = \"shop\" }]\n[job.keep]\ndaily = 7\n");
  corpus["job_file/faulty"] = bytes_of("[[job]]\nname = 5\n[[job]]\nname = \"${HOME}\"\n");
}

}  // namespace varve::fuzz
