#include "tools/sources/postgres_copy.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "store/core/error.h"
#include "tools/sources/postgres_encoding.h"
#include "tools/sources/postgres_privileges.h"
#include "tools/sources/private_folder.h"

namespace varve {
namespace {

constexpr std::uint32_t kMode = 0400;  // a dump tells all that the database does
constexpr std::size_t kPiece = 256u << 10;

// Gathers pieces, many of them one row long, in the room that the ingest gives.
void fill(FileWriter& writer, const std::function<ByteView()>& pieces) {
  MutableBytes room = writer.buffer();
  std::size_t used = 0;
  for (ByteView piece = pieces(); !piece.empty(); piece = pieces()) {
    while (!piece.empty()) {
      const std::size_t count = std::min(piece.size(), room.size() - used);
      std::copy_n(piece.begin(), count, room.begin() + static_cast<std::ptrdiff_t>(used));
      used += count;
      piece = piece.subspan(count);
      if (used < room.size()) continue;
      writer.produced(used);
      room = writer.buffer();
      used = 0;
    }
  }
  writer.produced(used);
}

// What a program writes, piece by piece.
class OutputPieces {
 public:
  explicit OutputPieces(PostgresDump& dump) : dump_(dump), buffer_(kPiece) {}
  ByteView operator()() { return ByteView(buffer_).first(dump_.read(buffer_)); }

 private:
  PostgresDump& dump_;
  Bytes buffer_;
};

// Keeps all that was read until it is told not to.
class Remembering {
 public:
  explicit Remembering(PostgresDump& dump) : dump_(dump) {}
  std::size_t read(MutableBytes out) {
    const std::size_t count = dump_.read(out);
    const auto end = out.begin() + static_cast<std::ptrdiff_t>(count);
    seen_.insert(seen_.end(), out.begin(), end);
    return count;
  }
  const Bytes& seen() const { return seen_; }

 private:
  PostgresDump& dump_;
  Bytes seen_;
};

// An archive that breaks off is pg_dump's failure: what that says is worth more.
template <class Work>
void with_words_of(PostgresDump& dump, const Work& work) {
  try {
    work();
  } catch (const Error& error) {
    if (error.code() == ErrorCode::corrupt) dump.finish();  // throws, where it failed
    throw;
  }
}

}  // namespace

void PostgresCopy::add_stream(const std::string& path, const std::function<ByteView()>& pieces,
                              std::uint64_t size_hint, const std::string& table) {
  SnapshotBuilder::NewFile file;
  file.path = path;
  file.mode = kMode;
  file.mtime = parts_.moment;
  file.chunking = Chunking::content;
  file.size_hint = size_hint;
  if (!table.empty()) {
    file.facts[kTableFact] = table;
    const auto last = parts_.last_files.find(table);
    if (last != parts_.last_files.end()) file.predecessor = last->second;
  }
  builder_.add_file(file, [&](FileWriter& writer) { fill(writer, pieces); });
}

PostgresDump PostgresCopy::start(const char* format, const Path& folder) {
  return PostgresDump::of_database(parts_.programs, parts_.connection, parts_.options, format,
                                   parts_.snapshot, folder, parts_.stop);
}

void PostgresCopy::count_rows(std::vector<PostgresTable> tables) {
  if (!parts_.options.row_counts || parts_.options.schema_only) return;
  row_counts_.emplace(parts_.connection, std::move(tables));
}

void PostgresCopy::count_rows_of(const std::vector<ArchiveEntry>& entries) {
  std::vector<PostgresTable> tables;
  for (const ArchiveEntry& entry : entries) {
    if (!entry.is_table_data()) continue;
    const std::string recorded = to_utf8(entry.table(), parts_.connection.database_encoding());
    tables.push_back({entry.schema, entry.name, recorded});
  }
  count_rows(std::move(tables));
}

// What it left out it says in a warning.
void PostgresCopy::finish(PostgresDump& dump) {
  const std::string words = dump.finish();
  if (!words.empty()) builder_.warn(fmt::format("{}: {}", parts_.name, words));
}

void PostgresCopy::globals(const std::string& path) {
  const bool with_passwords = may_read_passwords(parts_.connection);
  if (!with_passwords) {
    builder_.warn(
        fmt::format("{} holds no passwords of roles: {} may not read pg_authid; as a "
                    "superuser, GRANT SELECT ON pg_catalog.pg_authid TO {}",
                    path, parts_.connection.location(), parts_.connection.user()));
  }
  PostgresDump dump =
      PostgresDump::of_globals(parts_.programs, parts_.connection, with_passwords, parts_.stop);
  add_stream(path, OutputPieces(dump));
  finish(dump);
}

RowCounts PostgresCopy::database() {
  switch (parts_.options.format) {
    case PostgresOptions::Format::directory:
      directory();
      break;
    case PostgresOptions::Format::plain:
      plain();
      break;
    case PostgresOptions::Format::custom:
      custom();
      break;
  }
  return row_counts_ ? row_counts_->finish() : RowCounts();
}

void PostgresCopy::directory() {
  if (!directory_by_stream()) directory_by_spool();
}

bool PostgresCopy::directory_by_stream() {
  PostgresDump dump = start("c");
  bool known = true;
  with_words_of(dump, [&] {
    ArchiveInput input([&](MutableBytes out) { return dump.read(out); });
    const std::optional<ArchiveContents> contents = read_custom_contents(input);
    known = contents.has_value();
    if (!known) return;
    if (!contents->compression.empty()) {
      throw Error(ErrorCode::corrupt, "pg_dump compresses the dump, though it was told not to");
    }
    count_rows_of(contents->entries);
    add_directory(input, *contents);
    finish(dump);
  });
  return known;
}

void PostgresCopy::add_directory(ArchiveInput& input, const ArchiveContents& contents) {
  const std::string folder = parts_.name + ".pgdump/";
  ByteView toc = contents.directory_toc;
  add_stream(
      folder + "toc.dat", [&] { return std::exchange(toc, ByteView()); }, toc.size());
  split_custom_data(input, contents, [&](const auto& entry, const auto& file, const auto& pieces) {
    add_stream(folder + file, pieces, 0,
               entry.is_table_data() ? to_utf8(entry.table(), contents.encoding) : std::string());
  });
}

void PostgresCopy::directory_by_spool() {
  const PrivateFolder spool;
  builder_.warn(
      fmt::format("{}: pg_dump {} is newer than this varve knows: its dump took a full "
                  "temporary copy in {}",
                  parts_.name, parts_.programs.version, spool.parent().native()));
  const Path folder = spool.path() / "dump";
  PostgresDump dump = start("d", folder);
  if (!parts_.options.selects_tables()) count_rows(tables_with_rows(parts_.connection));
  finish(dump);
  std::vector<Path> files;
  for (const auto& file : std::filesystem::directory_iterator(folder)) files.push_back(file);
  for (const Path& path : files) add_spooled(path);
}

void PostgresCopy::add_spooled(const Path& path) {
  const File file = File::open_read(path);
  Bytes buffer(kPiece);
  std::uint64_t offset = 0;
  const auto pieces = [&] {
    const std::size_t count = file.read_at(offset, buffer);
    offset += count;
    return ByteView(buffer).first(count);
  };
  add_stream(parts_.name + ".pgdump/" + path.filename().native(), pieces, file.size());
  remove_file(path);
}

void PostgresCopy::custom() {
  PostgresDump dump = start("c");
  with_words_of(dump, [&] {
    Remembering output(dump);
    ArchiveInput input([&](MutableBytes out) { return output.read(out); });
    if (const auto contents = read_custom_contents(input)) count_rows_of(contents->entries);
    bool first = true;
    OutputPieces rest(dump);
    add_stream(parts_.name + ".dump",
               [&] { return std::exchange(first, false) ? ByteView(output.seen()) : rest(); });
    finish(dump);
  });
}

void PostgresCopy::plain() {
  PostgresDump dump = start("p");
  if (!parts_.options.selects_tables()) count_rows(tables_with_rows(parts_.connection));
  add_stream(parts_.name + ".sql", OutputPieces(dump));
  finish(dump);
}

}  // namespace varve
