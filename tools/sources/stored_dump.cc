#include "tools/sources/stored_dump.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "store/core/error.h"
#include "store/read/file_reader.h"
#include "tools/sources/postgres_connection.h"
#include "tools/sources/postgres_encoding.h"

namespace varve {
namespace {

constexpr std::string_view kContents = "/toc.dat";
constexpr std::uint64_t kMostGlobals = 64u << 20;  // bytes

// As postgres_targets.h calls them.
bool is_globals(const Snapshot& snapshot, const FileEntry& file) {
  const SourceInfo& source = snapshot.sources.at(file.source);
  return source.kind == "postgresql" &&
         (file.path == "globals.sql" || file.path == source.name + ".globals.sql");
}

// Folders with a toc.dat, and what else belongs to PostgreSQL.
std::vector<std::string> dumps_in(const Snapshot& snapshot,
                                  const std::optional<std::uint32_t>& source) {
  std::vector<std::string> paths;
  for (const FileEntry& file : snapshot.files) {
    if (snapshot.sources.at(file.source).kind != "postgresql") continue;
    if (is_globals(snapshot, file) || (source && file.source != *source)) continue;
    const std::size_t slash = file.path.find('/');
    if (slash == std::string::npos) {
      paths.push_back(file.path);
    } else if (file.path.ends_with(kContents)) {
      paths.push_back(file.path.substr(0, slash));
    }
  }
  return paths;
}

std::string the_only_dump(const Snapshot& snapshot, const std::optional<std::uint32_t>& source) {
  const std::vector<std::string> paths = dumps_in(snapshot, source);
  if (paths.size() == 1) return paths.front();
  if (paths.empty()) {
    throw Error(ErrorCode::usage,
                fmt::format("snapshot {} holds no dump of a PostgreSQL database", snapshot.name));
  }
  throw Error(ErrorCode::usage, fmt::format("snapshot {0} holds several dumps: write {0}:PATH, it "
                                            "has {1}",
                                            snapshot.name, fmt::join(paths, ", ")));
}

StoredDump::Format format_of(ChunkReader& chunks, const FileEntry& file) {
  constexpr std::string_view kCustomMagic = "PGDMP";
  std::array<std::byte, kCustomMagic.size()> front{};
  FileReader reader(chunks, file, ChunkReader::Check::id);
  const std::size_t count = reader.read(0, front);
  const bool is_custom = as_text(ByteView(front).first(count)) == kCustomMagic;
  return is_custom ? StoredDump::Format::custom : StoredDump::Format::plain;
}

// What else it is given as a script, psql would run.
void require_dump(ChunkReader& chunks, const Snapshot& snapshot, const FileEntry& file) {
  constexpr std::string_view kScriptFront = "--\n-- PostgreSQL database dump\n--\n";
  std::array<std::byte, kScriptFront.size()> front{};
  FileReader reader(chunks, file, ChunkReader::Check::id);
  const std::size_t count = reader.read(0, front);
  if (as_text(ByteView(front).first(count)) == kScriptFront) return;
  if (is_globals(snapshot, file)) {
    throw Error(ErrorCode::usage,
                fmt::format("{} of snapshot {} holds the roles and tablespaces of a server: "
                            "--globals restores them together with a dump",
                            file.path, snapshot.name));
  }
  if (snapshot.sources.at(file.source).kind == "postgresql") return;
  throw Error(ErrorCode::usage,
              fmt::format("{} of snapshot {} is no dump of a PostgreSQL database: it begins "
                          "neither like an archive nor like a script of pg_dump",
                          file.path, snapshot.name));
}

// Those stored with the source itself, else with another database of its server.
std::string globals_path(const Snapshot& snapshot, std::uint32_t source) {
  const std::string_view server = server_of(snapshot.sources.at(source).location);
  std::string found;
  for (const FileEntry& file : snapshot.files) {
    if (!is_globals(snapshot, file)) continue;
    if (file.source == source) return file.path;
    const bool is_of_server = server_of(snapshot.sources.at(file.source).location) == server;
    if (is_of_server && !server.empty()) found = file.path;
  }
  return found;
}

}  // namespace

StoredDump find_dump(ChunkReader& chunks, const Snapshot& snapshot,
                     const std::optional<std::string>& path,
                     const std::optional<std::uint32_t>& source) {
  StoredDump dump;
  dump.path = path ? *path : the_only_dump(snapshot, source);
  const bool is_folder = snapshot.has_folder(dump.path);
  const FileEntry* const file =
      snapshot.find(is_folder ? dump.path + std::string(kContents) : dump.path);
  if (file == nullptr) {
    throw Error(ErrorCode::usage,
                fmt::format("{} of snapshot {} is no dump of a PostgreSQL "
                            "database: there is no {}",
                            dump.path, snapshot.name, is_folder ? "toc.dat in it" : "such file"));
  }
  dump.format = is_folder ? StoredDump::Format::directory : format_of(chunks, *file);
  if (dump.format == StoredDump::Format::plain) require_dump(chunks, snapshot, *file);
  dump.source = file->source;
  const SourceInfo& info = snapshot.sources.at(dump.source);
  dump.version = fact_of(info, "pg_dump_version");
  dump.selection = fact_of(info, "selection");
  dump.globals = globals_path(snapshot, dump.source);
  return dump;
}

std::string fact_of(const SourceInfo& source, const std::string& fact) {
  const auto found = source.facts.find(fact);
  return found == source.facts.end() ? "" : found->second;
}

const FileEntry& contents_file(const Snapshot& snapshot, const StoredDump& dump) {
  const bool is_folder = dump.format == StoredDump::Format::directory;
  return *snapshot.find(is_folder ? dump.path + std::string(kContents) : dump.path);
}

ArchiveContents contents_of(ChunkReader& chunks, const Snapshot& snapshot, const StoredDump& dump) {
  FileReader reader(chunks, contents_file(snapshot, dump), ChunkReader::Check::id);
  ArchiveInput input(in_order([&](auto offset, auto out) { return reader.read(offset, out); }));
  const bool is_folder = dump.format == StoredDump::Format::directory;
  auto contents = is_folder ? read_directory_contents(input) : read_custom_contents(input);
  if (contents) {
    names_to_utf8(*contents);
    return std::move(*contents);
  }
  throw Error(
      ErrorCode::failed,
      fmt::format("{} of snapshot {} is an archive of a newer pg_dump than this varve knows: "
                  "it can be restored as a whole only",
                  dump.path, snapshot.name));
}

std::string globals_of(ChunkReader& chunks, const Snapshot& snapshot, const StoredDump& dump) {
  const FileEntry& file = *snapshot.find(dump.globals);
  if (file.size > kMostGlobals) {
    throw Error(ErrorCode::failed,
                fmt::format("{} of snapshot {} is too large for the roles of a server: {} MiB",
                            file.path, snapshot.name, file.size >> 20));
  }
  std::string text;
  FileReader reader(chunks, file, ChunkReader::Check::id);
  reader.stream([&](ByteView bytes) { text += as_text(bytes); });
  return text;
}

PostgresPrograms programs_for(const StoredDump& dump, const PostgresProgramPlaces& places) {
  const int wanted = parse_postgres_version(dump.version).value_or(0);
  try {
    return find_postgres_programs(wanted, places);
  } catch (const Error&) {
    const std::string major = wanted == 0 ? "15" : major_version(wanted);
    throw Error(
        ErrorCode::failed,
        fmt::format("{} was made by pg_dump {}, and there is no pg_restore here that is as "
                    "new: install the package postgresql-client-{} (from "
                    "apt.postgresql.org where Debian has none)",
                    dump.path, dump.version.empty() ? "of some version" : dump.version, major));
  }
}

}  // namespace varve
