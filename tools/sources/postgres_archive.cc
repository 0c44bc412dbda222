#include "tools/sources/postgres_archive.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <unordered_map>
#include <utility>

#include "store/core/error.h"

namespace varve {
namespace {

constexpr std::size_t kBuffer = 256u << 10;
constexpr int kLongestText = 1 << 30;
constexpr int kOffsetBytes = 8;

enum class Format : std::uint8_t { custom = 1, directory = 3 };  // a directory's says "tar"
enum class Block : std::uint8_t { data = 1, large_objects = 3 };

Error broken(const std::string& what) {
  return Error(ErrorCode::corrupt, "the dump is no archive of pg_dump as it should be: " + what);
}

struct Version {
  int minor = 0;
  bool has_table_am() const { return minor >= 14; }
  bool has_algorithm_byte() const { return minor >= 15; }
  bool has_relation_kind() const { return minor >= 16; }
  bool numbers_large_objects() const { return minor >= 16; }
};

// Up to and with the format; nothing for what is not known.
std::optional<Version> read_version(ArchiveInput& input, Format format) {
  for (const char letter : std::string_view("PGDMP")) {
    if (input.byte() != static_cast<std::uint8_t>(letter)) throw broken("it does not begin so");
  }
  const int major = input.byte();
  const Version version{input.byte()};
  input.byte();  // revision
  const int number_bytes = input.byte();
  const int offset_bytes = input.byte();
  if (major != 1 || version.minor < 12 || version.minor > 16 || number_bytes != 4 ||
      offset_bytes != kOffsetBytes) {
    return std::nullopt;
  }
  // Whoever reads toc.dat and whoever reads the stream expect different letters here.
  if (input.byte() != static_cast<std::uint8_t>(format)) throw broken("it has another format");
  return version;
}

std::string compression_of(ArchiveInput& input, Version version) {
  if (!version.has_algorithm_byte()) return input.number() != 0 ? "gzip" : "";
  constexpr std::array<std::string_view, 4> kNames = {"", "gzip", "lz4", "zstd"};
  const std::uint8_t algorithm = input.byte();
  if (algorithm >= kNames.size()) throw broken("it is compressed in a way that is not known");
  return std::string(kNames[algorithm]);
}

// Behind the format, up to the count of entries.
void read_head(ArchiveInput& input, Version version, ArchiveContents& contents) {
  contents.compression = compression_of(input, version);
  for (int i = 0; i < 7; ++i) input.number();  // time of creation
  input.text();                                // database
  input.text();                                // server's version
  contents.dump_version = input.text().value_or("");
}

std::string file_of(const ArchiveEntry& entry, Version version) {
  if (!entry.has_data) return {};
  if (!entry.is_large_objects()) return fmt::format("{}.dat", entry.dump_id);
  return version.numbers_large_objects() ? fmt::format("blobs_{}.toc", entry.dump_id) : "blobs.toc";
}

int dump_id_of(const std::string& text) {
  int id = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (fault != std::errc() || end != text.data() + text.size()) {
    throw broken("an entry depends on what is no entry");
  }
  return id;
}

// An archive holds the text of every function, which nobody asks for.
bool has_read_definition(const std::string& kind) {
  return kind == "TABLE" || kind == "TABLE ATTACH" || kind == "CONSTRAINT" || kind == "ENCODING";
}

// SET client_encoding = 'LATIN1';
std::string encoding_of(const std::vector<ArchiveEntry>& entries) {
  const auto entry = std::ranges::find(entries, "ENCODING", &ArchiveEntry::kind);
  if (entry == entries.end()) return {};
  const std::string& statement = entry->definition;
  const std::size_t begin = statement.find('\'');
  const std::size_t end = statement.rfind('\'');
  return begin == end ? std::string() : statement.substr(begin + 1, end - begin - 1);
}

// Without the last field, which is the format's own.
ArchiveEntry read_entry(ArchiveInput& input, Version version) {
  ArchiveEntry entry;
  entry.dump_id = input.number();
  entry.has_data = input.number() != 0;
  input.text();  // the catalog's table, as a number
  input.text();  // its row
  entry.name = input.text().value_or("");
  entry.kind = input.text().value_or("");
  input.number();  // section
  std::string definition = input.text().value_or("");
  if (has_read_definition(entry.kind)) entry.definition = std::move(definition);
  input.text();  // how to drop it
  entry.copy = input.text().value_or("");
  entry.schema = input.text().value_or("");
  input.text();  // tablespace
  if (version.has_table_am()) input.text();
  if (version.has_relation_kind()) input.number();
  input.text();  // owner
  input.text();  // "false": once, whether it has OIDs
  while (const auto number = input.text()) entry.depends_on.push_back(dump_id_of(*number));
  entry.file = file_of(entry, version);
  return entry;
}

void append_text(Bytes& out, const std::string& text) {
  out.push_back(std::byte{0});  // sign
  for (unsigned shift = 0; shift < 32; shift += 8) {
    out.push_back(static_cast<std::byte>(text.size() >> shift));
  }
  const ByteView bytes = as_bytes(text);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

// Where the letter of the format stands: behind "PGDMP", three of version and two of sizes.
constexpr std::size_t kFormatAt = 10;

ByteView next_piece(ArchiveInput& input, int& left) {
  if (left == 0) {
    left = input.number();
    if (left < 0) throw broken("a block of negative length");
    if (left == 0) return {};
  }
  const ByteView piece = input.some(static_cast<std::size_t>(left));
  left -= static_cast<int>(piece.size());
  return piece;
}

void pass_blocks(ArchiveInput& input, const ArchiveEntry& entry, const std::string& file,
                 const ArchiveFileSink& sink) {
  int left = 0;
  bool ended = false;
  sink(entry, file, [&] {
    if (ended) return ByteView();
    const ByteView piece = next_piece(input, left);
    ended = piece.empty();
    return piece;
  });
  while (!ended) ended = next_piece(input, left).empty();
}

void pass_text(const ArchiveEntry& entry, const std::string& text, const ArchiveFileSink& sink) {
  ByteView rest = as_bytes(text);
  sink(entry, entry.file, [&] { return std::exchange(rest, ByteView()); });
}

// Each large object is a file, and the entry's own file lists them.
void pass_large_objects(ArchiveInput& input, const ArchiveEntry& entry,
                        const ArchiveFileSink& sink) {
  std::string list;
  while (const int number = input.number()) {
    const auto oid = static_cast<std::uint32_t>(number);
    const std::string file = fmt::format("blob_{}.dat", oid);
    pass_blocks(input, entry, file, sink);
    list += fmt::format("{} {}\n", oid, file);
  }
  pass_text(entry, list, sink);
}

}  // namespace

ArchiveInput::Read in_order(std::function<std::size_t(std::uint64_t, MutableBytes)> read_at) {
  return [read_at = std::move(read_at), offset = std::uint64_t{0}](MutableBytes out) mutable {
    const std::size_t count = read_at(offset, out);
    offset += count;
    return count;
  };
}

ArchiveInput::ArchiveInput(Read read) : read_(std::move(read)), buffer_(kBuffer) {}

bool ArchiveInput::at_end() {
  if (at_ < filled_) return false;
  at_ = 0;
  filled_ = read_(buffer_);
  return filled_ == 0;
}

void ArchiveInput::need_one() {
  if (at_end()) throw broken("it ends too early");
}

ByteView ArchiveInput::some(std::size_t most) {
  need_one();
  const ByteView piece = ByteView(buffer_).subspan(at_, std::min(most, filled_ - at_));
  at_ += piece.size();
  if (record_ != nullptr) record_->insert(record_->end(), piece.begin(), piece.end());
  return piece;
}

void ArchiveInput::take(MutableBytes out) {
  while (!out.empty()) {
    const ByteView piece = some(out.size());
    std::ranges::copy(piece, out.begin());
    out = out.subspan(piece.size());
  }
}

std::uint8_t ArchiveInput::byte() { return static_cast<std::uint8_t>(some(1).front()); }

int ArchiveInput::number() {
  std::array<std::byte, 5> bytes{};
  take(bytes);
  std::uint32_t value = 0;
  for (std::size_t i = 4; i >= 1; --i) value = value << 8 | static_cast<std::uint8_t>(bytes[i]);
  // As unsigned, where the least number has a negative: itself.
  return static_cast<int>(bytes[0] == std::byte{0} ? value : 0 - value);
}

std::optional<std::string> ArchiveInput::text() {
  const int length = number();
  if (length < 0) return std::nullopt;
  if (length > kLongestText) throw broken("a text without end");
  std::string text;
  while (text.size() < static_cast<std::size_t>(length)) {
    text += as_text(some(static_cast<std::size_t>(length) - text.size()));
  }
  return text;
}

std::optional<ArchiveContents> read_custom_contents(ArchiveInput& input) {
  ArchiveContents contents;
  Bytes& toc = contents.directory_toc;
  input.record(&toc);
  const std::optional<Version> version = read_version(input, Format::custom);
  if (!version) return std::nullopt;
  toc[kFormatAt] = static_cast<std::byte>(Format::directory);
  read_head(input, *version, contents);
  const int count = input.number();
  for (int i = 0; i < count; ++i) {
    contents.entries.push_back(read_entry(input, *version));
    input.record(nullptr);
    for (int skipped = 0; skipped < 1 + kOffsetBytes; ++skipped) input.byte();
    append_text(toc, contents.entries.back().file);
    input.record(&toc);
  }
  input.record(nullptr);
  contents.encoding = encoding_of(contents.entries);
  return contents;
}

std::optional<ArchiveContents> read_directory_contents(ArchiveInput& input) {
  ArchiveContents contents;
  input.record(&contents.directory_toc);
  const std::optional<Version> version = read_version(input, Format::directory);
  if (!version) return std::nullopt;
  read_head(input, *version, contents);
  const int count = input.number();
  for (int i = 0; i < count; ++i) {
    contents.entries.push_back(read_entry(input, *version));
    contents.entries.back().file = input.text().value_or("");
  }
  input.record(nullptr);
  contents.encoding = encoding_of(contents.entries);
  return contents;
}

void split_custom_data(ArchiveInput& input, const ArchiveContents& contents,
                       const ArchiveFileSink& sink) {
  std::unordered_map<int, const ArchiveEntry*> awaited;
  for (const ArchiveEntry& entry : contents.entries) {
    if (entry.has_data) awaited.emplace(entry.dump_id, &entry);
  }
  while (!input.at_end()) {
    const auto block = static_cast<Block>(input.byte());
    const auto found = awaited.extract(input.number());
    if (found.empty()) throw broken("data that it does not list, or twice");
    const ArchiveEntry& entry = *found.mapped();
    if (block == Block::large_objects) {
      pass_large_objects(input, entry, sink);
    } else if (block == Block::data) {
      pass_blocks(input, entry, entry.file, sink);
    } else {
      throw broken(fmt::format("a block of kind {}", static_cast<int>(block)));
    }
  }
  if (!awaited.empty()) {
    throw broken(fmt::format("it ends before the data of {}", awaited.begin()->second->table()));
  }
}

}  // namespace varve
