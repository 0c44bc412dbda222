#include "tools/compare/dump_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "store/core/error.h"
#include "store/read/file_reader.h"
#include "tools/sources/archive_names.h"

namespace varve {
namespace {

constexpr std::size_t kPiece = 256u << 10;          // bytes
constexpr std::string_view kEndMark = "\\.\n\n\n";  // as pg_dump writes it behind the rows

StoredDump dump_with_contents(ChunkReader& chunks, const Snapshot& snapshot,
                              const std::string& path) {
  StoredDump dump = find_dump(chunks, snapshot, path);
  if (dump.format != StoredDump::Format::plain) return dump;
  throw Error(ErrorCode::usage,
              fmt::format("{} of {} is no dump in PostgreSQL's directory or custom format: single "
                          "tables come out of those alone",
                          path, snapshot.name));
}

// Pieces without the end mark, which the last few bytes are.
class WithoutEndMark {
 public:
  explicit WithoutEndMark(std::function<ByteView()> next) : next_(std::move(next)) {}

  ByteView operator()() {
    while (!is_at_end_) {
      const ByteView piece = next_();
      if (piece.empty()) return last();
      given_ = held_;
      given_ += as_text(piece);
      const std::size_t kept = std::min(given_.size(), kEndMark.size());
      held_ = given_.substr(given_.size() - kept);
      given_.resize(given_.size() - kept);
      if (!given_.empty()) return as_bytes(given_);
    }
    return {};
  }

 private:
  ByteView last() {
    is_at_end_ = true;
    if (held_ == kEndMark) return {};
    throw Error(ErrorCode::corrupt, "the rows of a table break off: their end mark is missing");
  }

  std::function<ByteView()> next_;
  std::string held_;
  std::string given_;
  bool is_at_end_ = false;
};

}  // namespace

std::vector<std::string> columns_of_copy(const std::string& statement) {
  // Behind the table's name, which may be quoted and hold anything.
  std::size_t at = 0;
  bool is_quoted = false;
  for (; at < statement.size(); ++at) {
    if (statement[at] == '"') is_quoted = !is_quoted;
    if (statement[at] == '(' && !is_quoted) break;
  }
  std::vector<std::string> columns;
  if (at == statement.size()) return columns;
  std::string name;
  for (++at; at < statement.size(); ++at) {
    const char letter = statement[at];
    if (letter == '"') {
      const bool is_doubled = is_quoted && at + 1 < statement.size() && statement[at + 1] == '"';
      if (is_doubled) {
        name += statement[at++];
      } else {
        is_quoted = !is_quoted;
      }
    } else if (!is_quoted && (letter == ',' || letter == ')')) {
      columns.push_back(std::exchange(name, {}));
      if (letter == ')') break;
    } else if (is_quoted || letter != ' ') {
      name += letter;
    }
  }
  return columns;
}

DumpTables::DumpTables(ChunkReader& chunks, const Snapshot& snapshot, const std::string& path)
    : chunks_(chunks),
      snapshot_(snapshot),
      dump_(dump_with_contents(chunks, snapshot, path)),
      contents_(contents_of(chunks, snapshot, dump_)),
      partitioned_(partitioned_tables(contents_)) {}

std::string DumpTables::encoding() const {
  if (!contents_.encoding.empty()) return contents_.encoding;
  return fact_of(snapshot_.sources.at(dump_.source), "encoding");
}

std::size_t DumpTables::find(const std::string& name) const {
  const auto has_rows = [this](const ArchiveEntry& entry) {
    const auto number = static_cast<std::size_t>(&entry - contents_.entries.data());
    return entry.is_table_data() || partitioned_.contains(number);
  };
  if (const auto found = find_entry(contents_, name, has_rows)) return *found;
  throw Error(ErrorCode::not_found,
              fmt::format("{} of {} has no rows of a table '{}'; it has {}", dump_.path,
                          snapshot_.name, name, names_in(contents_, has_rows)));
}

std::vector<std::size_t> DumpTables::rows_of(std::size_t number) const {
  const auto found = partitioned_.find(number);
  return found == partitioned_.end() ? std::vector{number} : found->second;
}

std::optional<StoredDefinition> DumpTables::definition(std::size_t number) const {
  return definition_of(contents_, table(number).schema, table(number).name);
}

std::vector<std::string> DumpTables::columns(std::size_t rows) const {
  return columns_of_copy(table(rows).copy);
}

void DumpTables::read(const std::vector<std::size_t>& numbers, const TakeRows& take) const {
  if (dump_.format != StoredDump::Format::directory) return read_archive(numbers, take);
  for (const std::size_t number : numbers) {
    const std::string path = dump_.path + "/" + table(number).file;
    const FileEntry* entry = snapshot_.find(path);
    if (entry == nullptr) throw corrupt_error(fmt::format("{} of {}", dump_.path, snapshot_.name));
    FileReader file(chunks_, *entry, ChunkReader::Check::id);
    Bytes piece(kPiece);
    std::uint64_t offset = 0;
    WithoutEndMark rows([&] {
      const std::size_t count = file.read(offset, piece);
      offset += count;
      return ByteView(piece).first(count);
    });
    take(number, [&] { return rows(); });
  }
}

void DumpTables::read_archive(const std::vector<std::size_t>& numbers, const TakeRows& take) const {
  FileReader file(chunks_, contents_file(snapshot_, dump_), ChunkReader::Check::id);
  ArchiveInput input(in_order([&](auto offset, auto out) { return file.read(offset, out); }));
  const auto contents = read_custom_contents(input);  // moves on to the data
  split_custom_data(
      input, *contents,
      [&](const ArchiveEntry& entry, const std::string&, const ArchiveFilePieces& pieces) {
        for (const std::size_t number : numbers) {
          if (table(number).dump_id != entry.dump_id) continue;
          WithoutEndMark rows(pieces);
          take(number, [&] { return rows(); });
        }
      });
}

}  // namespace varve
