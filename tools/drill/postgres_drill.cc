#include "tools/drill/postgres_drill.h"

#include <algorithm>
#include <charconv>

#include "store/core/error.h"
#include "store/file_reader.h"
#include "tools/drill/dump_trial.h"
#include "tools/restore/snapshot_folder.h"

namespace varve {
namespace {

constexpr std::string_view kGlobals = "globals.sql";
constexpr std::string_view kFurtherGlobals = ".globals.sql";  // of a second server
constexpr std::size_t kMostGlobals = 64u << 20;               // bytes

std::string fact_of(const SourceInfo& info, const std::string& fact) {
  const auto found = info.facts.find(fact);
  return found == info.facts.end() ? "" : found->second;
}

int version_of(const SourceInfo& info) {
  const auto number = [&](const std::string& fact) {
    return parse_postgres_version(fact_of(info, fact)).value_or(0);
  };
  return std::max(number("engine_version"), number("pg_dump_version"));
}

// host:port of a location without secrets, postgresql://user@host:port/database.
std::string_view server_of(const SourceInfo& info) {
  const std::string_view text = info.location;
  const std::size_t begin = text.find('@');
  const std::size_t end = text.rfind('/');
  if (begin == text.npos || end == text.npos || end < begin) return {};
  return text.substr(begin + 1, end - begin - 1);
}

// Of its server, whichever of that one's databases it was stored with; nullptr: there is none.
const FileEntry* globals_of(const Snapshot& snapshot, const SourceInfo& info) {
  for (const FileEntry& file : snapshot.files) {
    const SourceInfo& owner = snapshot.sources.at(file.source);
    const std::string_view path = file.path;
    const bool is_named_so = path == kGlobals || path.ends_with(kFurtherGlobals);
    if (is_named_so && owner.kind == info.kind && server_of(owner) == server_of(info)) return &file;
  }
  return nullptr;
}

std::string content_of(Repository& repository, const FileEntry& file) {
  if (file.size > kMostGlobals) throw corrupt_error(file.path);
  Bytes bytes(file.size);
  FileReader reader(repository.chunks(), file, ChunkReader::Check::id);
  bytes.resize(reader.read(0, bytes));
  return std::string(as_text(bytes));
}

// How it lies in the snapshot.
struct StoredDump {
  std::string path;
  bool is_folder = false;
  bool is_script = false;
};

StoredDump stored_dump(const Snapshot& snapshot, std::uint32_t source) {
  const std::string& name = snapshot.sources.at(source).name;
  const auto has = [&](const std::string& path) {
    const FileEntry* file = snapshot.find(path);
    return file != nullptr && file->source == source;
  };
  if (has(name + ".pgdump/toc.dat")) return {name + ".pgdump", true, false};
  if (has(name + ".sql")) return {name + ".sql", false, true};
  return {name + ".dump", false, false};
}

std::uint64_t bytes_of(const Snapshot& snapshot, std::uint32_t source) {
  std::uint64_t bytes = 0;
  for (const FileEntry& file : snapshot.files) {
    if (file.source == source) bytes += file.size;
  }
  return bytes;
}

TriedDump describe(Repository& repository, const Snapshot& snapshot, std::uint32_t source) {
  const SourceInfo& info = snapshot.sources.at(source);
  TriedDump dump;
  dump.name = info.name;
  dump.is_script = stored_dump(snapshot, source).is_script;
  const std::string size = fact_of(info, "database_size");
  std::from_chars(size.data(), size.data() + size.size(), dump.bytes);
  dump.bytes = std::max(dump.bytes, bytes_of(snapshot, source));
  dump.encoding = fact_of(info, "encoding");
  dump.collation = fact_of(info, "collation");
  dump.extensions = fact_of(info, "extensions");
  dump.selection = fact_of(info, "selection");
  dump.recorded_rows = recorded_rows(snapshot, source);
  if (const FileEntry* globals = globals_of(snapshot, info)) {
    dump.globals = content_of(repository, *globals);
    dump.globals_name = globals->path;
  }
  return dump;
}

}  // namespace

Attestation drill_postgres(Repository& repository, const Snapshot& snapshot, std::uint32_t source,
                           const DrillRequest& request) {
  const PostgresPrograms programs =
      find_postgres_server(version_of(snapshot.sources.at(source)), request.programs);
  DumpTrial trial(describe(repository, snapshot, source), programs, request.stop);
  const StoredDump dump = stored_dump(snapshot, source);
  {
    SnapshotFolderSettings settings;
    settings.parent = trial.folder();
    if (dump.is_folder) settings.part = dump.path;
    const SnapshotFolder files(repository, snapshot, request.stop, settings);
    trial.restore(files.path() / dump.path);
  }
  trial.look(request.assertions);
  Attestation made;
  made.program = trial.program();
  made.restore_seconds = trial.restore_seconds();
  std::move(trial.findings()).conclude(made);
  return made;
}

}  // namespace varve
