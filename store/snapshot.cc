#include "store/snapshot.h"

#include <algorithm>
#include <bit>
#include <functional>

#include "store/core/encoding.h"
#include "store/core/error.h"
#include "store/transform/seal.h"

namespace varve {
namespace {

constexpr std::string_view kRecordMagic = "VARVESN1";
constexpr std::string_view kAttestationMagic = "VARVEAT1";
constexpr std::size_t kMostItems = 1u << 24;  // more is damage, not a snapshot

void encode_facts(Encoder& out, const std::map<std::string, std::string>& facts) {
  out.varint(facts.size());
  for (const auto& [key, value] : facts) {
    out.text(key);
    out.text(value);
  }
}

std::map<std::string, std::string> decode_facts(Decoder& in) {
  std::map<std::string, std::string> facts;
  for (std::size_t left = in.count(kMostItems); left > 0; --left) {
    std::string key = in.text();
    facts[std::move(key)] = in.text();
  }
  return facts;
}

void encode_source(Encoder& out, const SourceInfo& source) {
  out.text(source.name);
  out.text(source.kind);
  out.text(source.location);
  out.zigzag(source.moment.seconds);
  encode_facts(out, source.facts);
  out.text(as_text(source.fingerprint));
}

SourceInfo decode_source(Decoder& in) {
  SourceInfo source;
  source.name = in.text();
  source.kind = in.text();
  source.location = in.text();
  source.moment.seconds = in.zigzag();
  source.facts = decode_facts(in);
  const std::string fingerprint = in.text();
  const ByteView bytes = as_bytes(fingerprint);
  source.fingerprint.assign(bytes.begin(), bytes.end());
  return source;
}

void encode_file(Encoder& out, const FileEntry& file) {
  out.text(file.path);
  out.varint(file.size);
  out.zigzag(file.mtime.seconds);
  out.varint(file.mode);
  out.u8(static_cast<std::uint8_t>(file.chunking));
  out.varint(file.extent_size);
  out.varint(file.source);
  out.u8(file.root ? 1 : 0);
  if (file.root) {
    out.u8(file.levels);
    out.bytes(file.root->view());
  }
}

// A path from a record may have been written by an enemy: it must stay below its folder.
bool is_safe_path(std::string_view path) {
  if (path.empty() || path.find('\0') != std::string_view::npos) return false;
  for (std::size_t start = 0; start <= path.size();) {
    const std::size_t slash = std::min(path.find('/', start), path.size());
    const std::string_view part = path.substr(start, slash - start);
    if (part.empty() || part == "." || part == "..") return false;
    start = slash + 1;
  }
  return true;
}

FileEntry decode_file(Decoder& in, std::size_t sources) {
  FileEntry file;
  file.path = in.text();
  if (!is_safe_path(file.path)) throw corrupt_error("snapshot record: a path leaves its folder");
  file.size = in.varint();
  file.mtime.seconds = in.zigzag();
  file.mode = static_cast<std::uint32_t>(in.count(07777));
  const std::uint8_t chunking = in.u8();
  if (chunking > static_cast<std::uint8_t>(Chunking::content)) {
    throw corrupt_error("snapshot record: unknown chunking");
  }
  file.chunking = static_cast<Chunking>(chunking);
  file.extent_size = static_cast<std::uint32_t>(in.count(8u << 20));
  file.source = static_cast<std::uint32_t>(in.count(sources));
  if (file.source >= sources) throw corrupt_error("snapshot record: a file without source");
  if (in.u8() != 0) {
    file.levels = in.u8();
    file.root = ChunkRef::from(in.bytes(ChunkRef::size));
  }
  const bool cut = file.chunking == Chunking::extents;
  if (file.root.has_value() != (file.size > 0) || cut != (file.extent_size > 0)) {
    throw corrupt_error("snapshot record: a file's fields contradict each other");
  }
  return file;
}

void expect_magic(Decoder& in, std::string_view magic, const char* what) {
  if (as_text(in.bytes(magic.size())) != magic) {
    throw corrupt_error(std::string(what) + ": no magic, or of a newer format");
  }
}

}  // namespace

std::uint64_t Snapshot::raw_bytes() const {
  std::uint64_t sum = 0;
  for (const FileEntry& file : files) sum += file.size;
  return sum;
}

const FileEntry* Snapshot::find(std::string_view path) const {
  const auto found = std::ranges::lower_bound(files, path, {}, &FileEntry::path);
  return found != files.end() && found->path == path ? &*found : nullptr;
}

std::string Snapshot::verified() const {
  bool all_full = !sources.empty();
  for (const SourceInfo& source : sources) {
    const auto last = std::find_if(attestations.rbegin(), attestations.rend(),
                                   [&](const Attestation& a) { return a.source == source.name; });
    if (last == attestations.rend()) return "none";
    if (!last->passed) return "failed";
    all_full = all_full && last->level == "full";
  }
  return sources.empty() ? "none" : all_full ? "full" : "quick";
}

std::optional<Sha256> Snapshot::sha256_of(std::string_view path) const {
  for (auto it = attestations.rbegin(); it != attestations.rend(); ++it) {
    if (it->file == path && it->sha256) return it->sha256;
  }
  return std::nullopt;
}

Bytes encode_record(const Snapshot& snapshot) {
  Encoder out;
  out.bytes(as_bytes(kRecordMagic));
  out.bytes(snapshot.id.view());
  out.text(snapshot.name);
  out.zigzag(snapshot.time.seconds);
  out.text(snapshot.host);
  out.varint(snapshot.new_bytes);
  out.varint(snapshot.added_bytes);
  out.varint(snapshot.tags.size());
  for (const std::string& tag : snapshot.tags) out.text(tag);
  out.varint(snapshot.sources.size());
  for (const SourceInfo& source : snapshot.sources) encode_source(out, source);
  out.varint(snapshot.files.size());
  for (const FileEntry& file : snapshot.files) encode_file(out, file);
  seal_record(out);
  return out.take();
}

Snapshot decode_record(ByteView record) {
  Decoder in(open_record(record, "snapshot record"), "snapshot record");
  Snapshot snapshot;
  expect_magic(in, kRecordMagic, "snapshot record");
  snapshot.id = SnapshotId::from(in.bytes(SnapshotId::size));
  snapshot.name = in.text();
  if (!is_safe_path(snapshot.name) || snapshot.name.find('/') != std::string::npos) {
    throw corrupt_error("snapshot record: its name is no folder's name");
  }
  snapshot.time.seconds = in.zigzag();
  snapshot.host = in.text();
  snapshot.new_bytes = in.varint();
  snapshot.added_bytes = in.varint();
  for (std::size_t left = in.count(kMostItems); left > 0; --left)
    snapshot.tags.push_back(in.text());
  for (std::size_t left = in.count(kMostItems); left > 0; --left) {
    snapshot.sources.push_back(decode_source(in));
  }
  for (std::size_t left = in.count(kMostItems); left > 0; --left) {
    snapshot.files.push_back(decode_file(in, snapshot.sources.size()));
  }
  in.finish();
  const auto unordered =
      std::ranges::adjacent_find(snapshot.files, std::greater_equal<>{}, &FileEntry::path);
  if (unordered != snapshot.files.end()) {
    throw corrupt_error("snapshot record: its files are not in order");
  }
  return snapshot;
}

Bytes encode_attestation(const SnapshotId& id, const Attestation& attestation) {
  Encoder out;
  out.bytes(as_bytes(kAttestationMagic));
  out.bytes(id.view());
  out.text(attestation.source);
  out.text(attestation.file);
  out.text(attestation.level);
  out.u8(attestation.passed ? 1 : 0);
  out.zigzag(attestation.time.seconds);
  out.u64(std::bit_cast<std::uint64_t>(attestation.seconds));
  out.text(attestation.program);
  out.text(attestation.detail);
  out.varint(attestation.row_counts.size());
  for (const auto& [table, rows] : attestation.row_counts) {
    out.text(table);
    out.varint(rows);
  }
  out.u8(attestation.sha256 ? 1 : 0);
  if (attestation.sha256) out.bytes(attestation.sha256->view());
  seal_record(out);
  return out.take();
}

Attestation decode_attestation(ByteView bytes, const SnapshotId& id) {
  Decoder in(open_record(bytes, "attestation"), "attestation");
  expect_magic(in, kAttestationMagic, "attestation");
  if (SnapshotId::from(in.bytes(SnapshotId::size)) != id) {
    throw corrupt_error("attestation: it is about another snapshot");
  }
  Attestation attestation;
  attestation.source = in.text();
  attestation.file = in.text();
  attestation.level = in.text();
  attestation.passed = in.u8() != 0;
  attestation.time.seconds = in.zigzag();
  attestation.seconds = std::bit_cast<double>(in.u64());
  attestation.program = in.text();
  attestation.detail = in.text();
  for (std::size_t left = in.count(kMostItems); left > 0; --left) {
    std::string table = in.text();
    attestation.row_counts[std::move(table)] = in.varint();
  }
  if (in.u8() != 0) attestation.sha256 = Sha256::from(in.bytes(Sha256::size));
  in.finish();
  return attestation;
}

}  // namespace varve
