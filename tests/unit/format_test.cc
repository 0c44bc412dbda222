// Holds the code to the hex vectors of store/FORMAT.md.

#include <gtest/gtest.h>

#include "store/blob/sidecar.h"
#include "store/repository/losses.h"
#include "store/repository/repository.h"
#include "store/repository/repository_config.h"
#include "store/snapshots/snapshot.h"
#include "store/transform/digest.h"
#include "store/transform/manifest.h"
#include "store/transform/object.h"
#include "store/transform/pack_format.h"
#include "tests/support/format_vectors.h"

namespace varve {
namespace {

void expect_vector(const std::string& name, ByteView bytes) {
  EXPECT_EQ(to_hex(format_vector(name)), to_hex(bytes)) << name;
}

template <class AnyId>
AnyId counting_id(unsigned first) {
  AnyId id;
  for (std::byte& byte : id.bytes) byte = static_cast<std::byte>(first++);
  return id;
}

TEST(Format, PackHeader) {
  const Bytes bytes = encode_pack_header(counting_id<PackId>(1));
  expect_vector("pack-header", bytes);
  EXPECT_EQ(bytes.size(), kPackHeaderSize);
  EXPECT_EQ(decode_pack_header(bytes), counting_id<PackId>(1));
}

TEST(Format, LostChunks) {
  const LostKeys keys = {{~std::uint64_t{0}}, {1}};
  expect_vector("lost", encode_lost(keys));
  EXPECT_EQ(decode_lost(format_vector("lost")), keys);
}

TEST(Format, PackFooter) {
  const Bytes bytes = encode_pack_footer({60, 300});
  expect_vector("pack-footer", bytes);
  const std::uint32_t length = decode_pack_trailer(ByteView(bytes).last(kPackTrailerSize));
  EXPECT_EQ(length + kPackTrailerSize, bytes.size());
  EXPECT_EQ(decode_pack_footer(ByteView(bytes).first(length)),
            (std::vector<std::uint32_t>{60, 300}));
}

TEST(Format, RawObject) {
  ObjectHeader header;
  header.plain_length = 5;
  header.id = chunk_id(as_bytes("varve"));
  Encoder out;
  encode_object(out, header, as_bytes("varve"));
  expect_vector("object-raw", out.buffer());
}

TEST(Format, DeltaObject) {
  ObjectHeader header;
  header.codec = Codec::delta;
  header.depth = 2;
  header.plain_length = 65536;
  header.spent = 300;
  header.id = chunk_id(as_bytes("new"));
  header.base = key_of(chunk_id(as_bytes("old")));
  Encoder out;
  encode_object(out, header, as_bytes("\x01\x02\x03"));
  expect_vector("object-delta", out.buffer());
}

TEST(Format, ManifestNode) {
  const ManifestNode node{.level = 1,
                          .refs = {counting_id<ChunkRef>(0), counting_id<ChunkRef>(16)},
                          .lengths = {5, 70000}};
  expect_vector("manifest-node", encode_node(node));
}

TEST(Format, Config) {
  RepositoryConfig config;
  config.id = counting_id<RepositoryId>(0);
  config.fingerprint_seed = 1;
  const Bytes bytes = encode_config(config);
  expect_vector("config", bytes);
  EXPECT_EQ(decode_config(bytes).id, config.id);
  EXPECT_EQ(decode_config(bytes).fingerprint_seed, 1U);

  config.parity_percent = 5;
  const Bytes with_parity = encode_config(config);
  expect_vector("config-parity", with_parity);
  EXPECT_EQ(decode_config(with_parity).parity_percent, 5U);
}

TEST(Format, Sidecar) {
  const ByteView blob = as_bytes("varve");
  expect_vector("sidecar", make_sidecar(record_name(counting_id<SnapshotId>(0)), blob.size(), 5,
                                        [&](std::uint64_t offset, MutableBytes out) {
                                          const ByteView part = blob.subspan(offset, out.size());
                                          std::copy(part.begin(), part.end(), out.begin());
                                        }));
}

Snapshot some_snapshot() {
  Snapshot snapshot;
  snapshot.id = counting_id<SnapshotId>(0);
  snapshot.name = "2026-11-21T02-00-00Z";
  snapshot.time = {1795226400};
  snapshot.host = "db1";
  snapshot.tags = {"nightly"};
  snapshot.new_bytes = 65536;
  snapshot.added_bytes = 300;
  SourceInfo source;
  source.name = "history.db";
  source.kind = "sqlite";
  source.location = "/srv/app/history.db";
  source.moment = {1795226399};
  source.facts = {{"journal_mode", "wal"}, {"page_size", "4096"}};
  source.fingerprint = {std::byte{1}, std::byte{2}};
  snapshot.sources = {source};
  FileEntry file;
  file.path = "history.db";
  file.size = 65536;
  file.mtime = {1795226000};
  file.mode = 0640;
  file.extent_size = 65536;
  file.root = counting_id<ChunkRef>(32);
  snapshot.files = {file};
  return snapshot;
}

// The first form of the record is still read.
TEST(Format, FirstSnapshotRecord) {
  const Snapshot read = decode_record(format_vector("snapshot-record-1"));
  Snapshot expected = some_snapshot();
  expected.files.front().format = "sqlite";
  EXPECT_EQ(encode_record(read), encode_record(expected));
}

// Everything that an entry can say.
Snapshot rich_snapshot() {
  Snapshot snapshot = some_snapshot();
  snapshot.files.front().format = "sqlite";
  snapshot.sources.front().row_counts = {{"public.users", 300}};
  FileEntry folder;
  folder.path = "www";
  folder.type = FileType::folder;
  folder.mode = 02750;
  folder.mtime = {1795226001};
  folder.mtime_nanoseconds = 5;
  folder.owner = Owner{33, 33};
  FileEntry file;
  file.path = "www/disk\n.img";
  file.size = 300;
  file.mode = 04755;
  file.chunking = Chunking::content;
  file.root = counting_id<ChunkRef>(48);
  file.owner = Owner{0, 4};
  file.sparse = true;
  file.stamp = 0x0102030405060708;
  file.facts = {{"journal_mode", "wal"}};
  FileEntry link;
  link.path = "www/link";
  link.type = FileType::link;
  link.target = "../\xff";
  snapshot.files.insert(snapshot.files.end(), {folder, file, link});
  return snapshot;
}

// How zstd writes a frame may change with its version; how one is read does not.
TEST(Format, SnapshotRecord) {
  const Bytes bytes = encode_record(rich_snapshot());
  const Bytes known = format_vector("snapshot-record");
  EXPECT_EQ(encode_record(decode_record(known)), bytes) << to_hex(bytes);
  EXPECT_EQ(encode_record(decode_record(bytes)), bytes);
  const Snapshot snapshot = decode_record(known);
  const FileEntry& file = snapshot.files.at(2);
  EXPECT_EQ(file.path, "www/disk\n.img");
  EXPECT_EQ(file.mode, 04755U);
  EXPECT_EQ(file.owner, (Owner{0, 4}));
  EXPECT_TRUE(file.sparse);
  EXPECT_EQ(file.stamp, 0x0102030405060708U);
  EXPECT_EQ(file.facts.at("journal_mode"), "wal");
  EXPECT_EQ(snapshot.files.at(3).target, "../\xff");
  EXPECT_EQ(snapshot.sources.front().row_counts.at("public.users"), 300U);
  EXPECT_EQ(snapshot.files.at(1).mtime_nanoseconds, 5U);
}

Attestation some_attestation() {
  Attestation attestation;
  attestation.source = "history.db";
  attestation.file = "history.db";
  attestation.level = "full";
  attestation.passed = true;
  attestation.time = {1795226405};
  attestation.seconds = 1.5;
  attestation.program = "sqlite 3.40.1";
  attestation.row_counts = {{"users", 300}};
  attestation.sha256 = counting_id<Sha256>(0);
  return attestation;
}

TEST(Format, FirstAttestation) {
  const SnapshotId id = some_snapshot().id;
  const auto read = decode_attestations(format_vector("attestation-1"), id);
  EXPECT_EQ(encode_attestations(id, read), encode_attestations(id, {some_attestation()}));
}

Attestation failed_attestation() {
  Attestation failed = some_attestation();
  failed.passed = false;
  failed.detail = "row 5 missing from index";
  failed.sha256.reset();
  return failed;
}

TEST(Format, SecondAttestations) {
  const SnapshotId id = some_snapshot().id;
  const auto read = decode_attestations(format_vector("attestations-2"), id);
  EXPECT_EQ(encode_attestations(id, read),
            encode_attestations(id, {some_attestation(), failed_attestation()}));
}

TEST(Format, Attestations) {
  const SnapshotId id = some_snapshot().id;
  const Attestation failed = failed_attestation();
  Attestation drill = some_attestation();
  drill.level = "drill";
  drill.restore_seconds = 0.5;
  drill.assertions = {{"SELECT count(*) > 100 FROM users", false, "it is false"}};
  drill.taken_from = "2026-11-20T02-00-00Z";
  const Bytes bytes = encode_attestations(id, {some_attestation(), failed, drill});
  const auto known = decode_attestations(format_vector("attestations"), id);
  EXPECT_EQ(encode_attestations(id, known), bytes) << to_hex(bytes);
  ASSERT_EQ(known.size(), 3U);
  EXPECT_EQ(known[1].detail, failed.detail);
  EXPECT_EQ(known[0].row_counts.at("users"), 300U);
  EXPECT_EQ(known[2].restore_seconds, 0.5);
  EXPECT_EQ(known[2].assertions, drill.assertions);
  EXPECT_EQ(known[2].taken_from, drill.taken_from);
}

}  // namespace
}  // namespace varve
