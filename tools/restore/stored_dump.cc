#include "tools/restore/stored_dump.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "store/core/error.h"
#include "store/file_reader.h"

namespace varve {
namespace {

constexpr std::string_view kGlobals = "globals.sql";

bool is_globals(const FileEntry& file) {
  return file.path == kGlobals || file.path.ends_with(".globals.sql");
}

// Folders with a toc.dat, and what else belongs to PostgreSQL.
std::vector<std::string> dumps_in(const Snapshot& snapshot,
                                  const std::optional<std::uint32_t>& source) {
  constexpr std::string_view kContents = "/toc.dat";
  std::vector<std::string> paths;
  for (const FileEntry& file : snapshot.files) {
    if (snapshot.sources.at(file.source).kind != "postgresql" || is_globals(file)) continue;
    if (source && file.source != *source) continue;
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

StoredDump::Format format_of(Repository& repository, const FileEntry& file) {
  constexpr std::string_view kCustomMagic = "PGDMP";
  std::array<std::byte, kCustomMagic.size()> front{};
  FileReader reader(repository.chunks(), file, ChunkReader::Check::id);
  const std::size_t count = reader.read(0, front);
  const bool is_custom = as_text(ByteView(front).first(count)) == kCustomMagic;
  return is_custom ? StoredDump::Format::custom : StoredDump::Format::plain;
}

// What else it is given as a script, psql would run.
void require_dump(Repository& repository, const Snapshot& snapshot, const FileEntry& file) {
  constexpr std::string_view kScriptFront = "--\n-- PostgreSQL database dump\n--\n";
  std::array<std::byte, kScriptFront.size()> front{};
  FileReader reader(repository.chunks(), file, ChunkReader::Check::id);
  const std::size_t count = reader.read(0, front);
  if (as_text(ByteView(front).first(count)) == kScriptFront) return;
  if (is_globals(file)) {
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

// The ones of its own source, else those of the snapshot's first server.
std::string globals_of(const Snapshot& snapshot, std::uint32_t source) {
  std::string found;
  for (const FileEntry& file : snapshot.files) {
    if (!is_globals(file)) continue;
    if (file.source == source) return file.path;
    if (file.path == kGlobals) found = file.path;
  }
  return found;
}

}  // namespace

StoredDump find_dump(Repository& repository, const Snapshot& snapshot,
                     const std::optional<std::string>& path,
                     const std::optional<std::uint32_t>& source) {
  StoredDump dump;
  dump.path = path ? *path : the_only_dump(snapshot, source);
  const FileEntry* file = snapshot.find(dump.path);
  if (snapshot.has_folder(dump.path)) {
    file = snapshot.find(dump.path + "/toc.dat");
    if (file == nullptr) {
      throw Error(ErrorCode::usage, fmt::format("{} of snapshot {} is no dump of a PostgreSQL "
                                                "database: there is no toc.dat in it",
                                                dump.path, snapshot.name));
    }
  } else {
    dump.format = format_of(repository, *file);
    if (dump.format == StoredDump::Format::plain) require_dump(repository, snapshot, *file);
  }
  dump.source = file->source;
  const auto& facts = snapshot.sources.at(dump.source).facts;
  if (const auto version = facts.find("pg_dump_version"); version != facts.end()) {
    dump.version = version->second;
  }
  if (const auto part = facts.find("selection"); part != facts.end()) {
    dump.selection = part->second;
  }
  dump.globals = globals_of(snapshot, dump.source);
  return dump;
}

ArchiveContents contents_of(Repository& repository, const Snapshot& snapshot,
                            const StoredDump& dump) {
  const bool is_folder = dump.format == StoredDump::Format::directory;
  const FileEntry* const file = snapshot.find(is_folder ? dump.path + "/toc.dat" : dump.path);
  FileReader reader(repository.chunks(), *file, ChunkReader::Check::id);
  std::uint64_t offset = 0;
  ArchiveInput input([&](MutableBytes out) {
    const std::size_t count = reader.read(offset, out);
    offset += count;
    return count;
  });
  auto contents = is_folder ? read_directory_contents(input) : read_custom_contents(input);
  if (contents) return std::move(*contents);
  throw Error(
      ErrorCode::failed,
      fmt::format("{} of snapshot {} is an archive of a newer pg_dump than this varve knows: "
                  "it can be restored as a whole only",
                  dump.path, snapshot.name));
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
