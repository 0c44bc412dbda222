#include <algorithm>
#include <functional>

#include "store/core/encoding.h"
#include "store/core/error.h"
#include "store/core/snapshot_names.h"
#include "store/snapshots/packed_text.h"
#include "store/snapshots/snapshot.h"
#include "store/transform/manifest.h"
#include "store/transform/seal.h"

namespace varve {
namespace {

constexpr std::string_view kFirstMagic = "VARVESN1";  // read, no longer written
constexpr const char* kWhat = "snapshot record";
constexpr std::size_t kMostItems = 1u << 24;  // more is damage, not a snapshot
constexpr std::size_t kMostSources = 1u << 20;
constexpr std::size_t kLongestPath = 8192;         // bytes: no source has longer ones
constexpr std::uint64_t kLargestSize = INT64_MAX;  // bytes of a file: what an off_t holds
constexpr std::size_t kLargestExtent = 8u << 20;
constexpr std::uint32_t kSecond = 1'000'000'000;  // nanoseconds

// What a file's entry says and has, in one number.
constexpr std::uint32_t kTypeMask = 0b11;  // FileType
constexpr std::uint32_t kContent = 1u << 2;
constexpr std::uint32_t kRoot = 1u << 3;
constexpr std::uint32_t kOwner = 1u << 4;
constexpr std::uint32_t kSparse = 1u << 5;
constexpr std::uint32_t kNanoseconds = 1u << 6;
constexpr std::uint32_t kFormat = 1u << 7;
constexpr std::uint32_t kStamp = 1u << 8;
constexpr std::uint32_t kFacts = 1u << 9;
constexpr std::uint32_t kAllFlags = (1u << 10) - 1;

[[noreturn]] void refuse(const char* why) { throw corrupt_error(std::string(kWhat), why); }

Timestamp decode_moment(Decoder& in) {
  const Timestamp moment{in.zigzag()};
  if (!is_in_calendar(moment)) refuse("a moment that no calendar has");
  return moment;
}

// What is written must be readable.
void encode_moment(Encoder& out, Timestamp moment) {
  if (!is_in_calendar(moment)) {
    throw Error(
        ErrorCode::failed,
        "a snapshot's time must lie in the years 0 to 9999: look at this machine's clock, or "
        "at the time of the file that is imported");
  }
  out.zigzag(moment.seconds);
}

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

void encode_row_counts(Encoder& out, const std::map<std::string, std::uint64_t>& counts) {
  out.varint(counts.size());
  for (const auto& [table, rows] : counts) {
    out.text(table);
    out.varint(rows);
  }
}

std::map<std::string, std::uint64_t> decode_row_counts(Decoder& in) {
  std::map<std::string, std::uint64_t> counts;
  for (std::size_t left = in.count(kMostItems); left > 0; --left) {
    std::string table = in.text();
    counts[std::move(table)] = in.varint();
  }
  return counts;
}

void encode_source(Encoder& out, const SourceInfo& source) {
  out.text(source.name);
  out.text(source.kind);
  out.text(source.location);
  encode_moment(out, source.moment);
  encode_facts(out, source.facts);
  encode_row_counts(out, source.row_counts);
  out.text(as_text(source.fingerprint));
}

enum class Form { first, packed };

SourceInfo decode_source(Decoder& in, Form form) {
  SourceInfo source;
  source.name = in.text();
  source.kind = in.text();
  source.location = in.text();
  source.moment = decode_moment(in);
  source.facts = decode_facts(in);
  if (form != Form::first) source.row_counts = decode_row_counts(in);
  const std::string fingerprint = in.text();
  const ByteView bytes = as_bytes(fingerprint);
  source.fingerprint.assign(bytes.begin(), bytes.end());
  return source;
}

std::uint32_t flags_of(const FileEntry& file) {
  std::uint32_t flags = static_cast<std::uint32_t>(file.type);
  if (file.chunking == Chunking::content) flags |= kContent;
  if (file.root) flags |= kRoot;
  if (file.owner) flags |= kOwner;
  if (file.sparse) flags |= kSparse;
  if (file.mtime_nanoseconds != 0) flags |= kNanoseconds;
  if (!file.format.empty()) flags |= kFormat;
  if (file.stamp != 0) flags |= kStamp;
  if (!file.facts.empty()) flags |= kFacts;
  return flags;
}

void encode_content(Encoder& out, Encoder& noise, const FileEntry& file) {
  out.varint(file.size);
  if (file.chunking == Chunking::extents) out.varint(file.extent_size);
  if (!file.root) return;
  out.u8(file.levels);
  noise.bytes(file.root->view());
}

// `noise`: what does not compress stands behind all the rest, where it does not keep apart what
// does.
void encode_file(Encoder& out, Encoder& noise, const FileEntry& file) {
  out.text(file.path);
  out.varint(flags_of(file));
  out.varint(file.mode);
  out.varint(file.source);
  out.zigzag(file.mtime.seconds);
  if (file.mtime_nanoseconds != 0) noise.u32(file.mtime_nanoseconds);
  if (file.owner) {
    out.varint(file.owner->uid);
    out.varint(file.owner->gid);
  }
  if (file.type == FileType::file) encode_content(out, noise, file);
  if (file.type == FileType::link) out.text(file.target);
  if (!file.format.empty()) out.text(file.format);
  if (file.stamp != 0) noise.u64(file.stamp);
  if (!file.facts.empty()) encode_facts(out, file.facts);
}

// A path from a record may have been written by an enemy: it must stay below its folder.
bool is_safe_path(std::string_view path) {
  if (path.empty() || path.size() > kLongestPath || path.find('\0') != path.npos) return false;
  for (std::size_t start = 0; start <= path.size();) {
    const std::size_t slash = std::min(path.find('/', start), path.size());
    const std::string_view part = path.substr(start, slash - start);
    if (part.empty() || part == "." || part == "..") return false;
    start = slash + 1;
  }
  return true;
}

std::string decode_path(Decoder& in) {
  std::string path = in.text();
  if (!is_safe_path(path)) refuse("a path leaves its folder, or is none");
  return path;
}

std::uint32_t decode_source_number(Decoder& in, std::size_t sources) {
  const std::size_t number = in.count(sources);
  if (number >= sources) refuse("a file without source");
  return static_cast<std::uint32_t>(number);
}

void require_sense(const FileEntry& file) {
  const bool cut = file.type == FileType::file && file.chunking == Chunking::extents;
  const bool linked = file.type == FileType::link;
  if (file.root.has_value() != (file.size > 0) || cut != (file.extent_size > 0) ||
      linked == file.target.empty() || file.size > kLargestSize || file.levels > kHighestLevel ||
      file.target.find('\0') != std::string::npos || file.mtime_nanoseconds >= kSecond) {
    refuse("a file's fields contradict each other");
  }
}

std::uint32_t decode_extent_size(Decoder& in) {
  return static_cast<std::uint32_t>(in.count(kLargestExtent));
}

// What stood in the row; the rest stands in the noise at the end.
std::uint32_t decode_row(Decoder& in, std::size_t sources, FileEntry& file) {
  file.path = decode_path(in);
  const auto flags = static_cast<std::uint32_t>(in.count(kAllFlags));
  const std::uint32_t type = flags & kTypeMask;
  if (type > static_cast<std::uint32_t>(FileType::link)) refuse("unknown type of a file");
  file.type = static_cast<FileType>(type);
  file.chunking = (flags & kContent) != 0 ? Chunking::content : Chunking::extents;
  file.sparse = (flags & kSparse) != 0;
  file.mode = static_cast<std::uint32_t>(in.count(07777));
  file.source = decode_source_number(in, sources);
  file.mtime.seconds = in.zigzag();
  if ((flags & kOwner) != 0) {
    const auto uid = static_cast<std::uint32_t>(in.count(0xFFFFFFFF));
    file.owner = Owner{uid, static_cast<std::uint32_t>(in.count(0xFFFFFFFF))};
  }
  if (file.type == FileType::file) {
    file.size = in.varint();
    if (file.chunking == Chunking::extents) file.extent_size = decode_extent_size(in);
    if ((flags & kRoot) != 0) file.levels = in.u8();
  }
  if (file.type == FileType::link) file.target = in.text();
  if ((flags & kFormat) != 0) file.format = in.text();
  if ((flags & kFacts) != 0) file.facts = decode_facts(in);
  return flags;
}

void decode_noise(Decoder& in, std::uint32_t flags, FileEntry& file) {
  if ((flags & kNanoseconds) != 0) file.mtime_nanoseconds = in.u32();
  if ((flags & kRoot) != 0) file.root = ChunkRef::from(in.bytes(ChunkRef::size));
  if ((flags & kStamp) != 0) file.stamp = in.u64();
  require_sense(file);
}

void decode_files(Decoder& in, Snapshot& snapshot) {
  std::vector<std::uint32_t> flags;
  for (std::size_t left = in.count(kMostItems); left > 0; --left) {
    FileEntry& file = snapshot.files.emplace_back();
    flags.push_back(decode_row(in, snapshot.sources.size(), file));
  }
  for (std::size_t i = 0; i < flags.size(); ++i) decode_noise(in, flags[i], snapshot.files[i]);
}

// As the first format had them.
FileEntry decode_first_file(Decoder& in, const std::vector<SourceInfo>& sources) {
  FileEntry file;
  file.path = decode_path(in);
  file.size = in.varint();
  file.mtime.seconds = in.zigzag();
  file.mode = static_cast<std::uint32_t>(in.count(07777));
  const std::uint8_t chunking = in.u8();
  if (chunking > static_cast<std::uint8_t>(Chunking::content)) refuse("unknown chunking");
  file.chunking = static_cast<Chunking>(chunking);
  file.extent_size = decode_extent_size(in);
  file.source = decode_source_number(in, sources.size());
  if (in.u8() != 0) {
    file.levels = in.u8();
    file.root = ChunkRef::from(in.bytes(ChunkRef::size));
  }
  if (sources[file.source].kind == "sqlite") file.format = "sqlite";
  require_sense(file);
  return file;
}

void encode_head(Encoder& out, const Snapshot& snapshot) {
  out.bytes(snapshot.id.view());
  out.text(snapshot.name);
  encode_moment(out, snapshot.time);
  out.text(snapshot.host);
  out.varint(snapshot.new_bytes);
  out.varint(snapshot.added_bytes);
  out.varint(snapshot.tags.size());
  for (const std::string& tag : snapshot.tags) out.text(tag);
  out.varint(snapshot.sources.size());
  for (const SourceInfo& source : snapshot.sources) encode_source(out, source);
}

Snapshot decode_head(Decoder& in, Form form) {
  Snapshot snapshot;
  snapshot.id = SnapshotId::from(in.bytes(SnapshotId::size));
  snapshot.name = in.text();
  if (!is_snapshot_name(snapshot.name)) refuse("its name is no snapshot's");
  snapshot.time = decode_moment(in);
  snapshot.host = in.text();
  snapshot.new_bytes = in.varint();
  snapshot.added_bytes = in.varint();
  for (std::size_t left = in.count(kMostSources); left > 0; --left) {
    snapshot.tags.push_back(in.text());
  }
  for (std::size_t left = in.count(kMostSources); left > 0; --left) {
    snapshot.sources.push_back(decode_source(in, form));
  }
  return snapshot;
}

// Through a link a restore would leave its target. In the order of paths, what begins with a path
// follows it without a gap; `above` holds those that the present one begins with.
bool has_file_below_a_file(const std::vector<FileEntry>& files) {
  std::vector<std::string_view> above;
  for (const FileEntry& file : files) {
    const std::string_view path = file.path;
    while (!above.empty() && !path.starts_with(above.back())) above.pop_back();
    for (const std::string_view front : above) {
      if (path[front.size()] == '/') return true;
    }
    if (file.type != FileType::folder) above.push_back(path);
  }
  return false;
}

Snapshot decode_first(Decoder& in) {
  Snapshot snapshot = decode_head(in, Form::first);
  for (std::size_t left = in.count(kMostItems); left > 0; --left) {
    snapshot.files.push_back(decode_first_file(in, snapshot.sources));
  }
  in.finish();
  return snapshot;
}

Snapshot decode_packed(Decoder& in) {
  const Bytes plain = decode_packed_text(in, kWhat);
  in.finish();
  Decoder body(plain, kWhat);
  Snapshot snapshot = decode_head(body, Form::packed);
  decode_files(body, snapshot);
  body.finish();
  return snapshot;
}

}  // namespace

Bytes encode_record(const Snapshot& snapshot) {
  Encoder body;
  Encoder noise;
  encode_head(body, snapshot);
  body.varint(snapshot.files.size());
  for (const FileEntry& file : snapshot.files) encode_file(body, noise, file);
  body.bytes(noise.buffer());
  Encoder out;
  out.bytes(as_bytes(kRecordMagic));
  encode_packed_text(out, body.buffer());
  seal_record(out);
  return out.take();
}

Snapshot decode_record(ByteView record) {
  Decoder in(open_record(record, kWhat), kWhat);
  const std::string_view magic = as_text(in.bytes(kRecordMagic.size()));
  if (magic != kRecordMagic && magic != kFirstMagic) refuse("no magic, or of a newer format");
  Snapshot snapshot = magic == kRecordMagic ? decode_packed(in) : decode_first(in);
  const auto unordered =
      std::ranges::adjacent_find(snapshot.files, std::greater_equal<>{}, &FileEntry::path);
  if (unordered != snapshot.files.end()) refuse("its files are not in order");
  if (has_file_below_a_file(snapshot.files)) refuse("a file lies below another one");
  return snapshot;
}

}  // namespace varve
