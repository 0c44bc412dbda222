#include "tools/drill/postgres_drill.h"

#include <algorithm>
#include <charconv>

#include "tools/drill/dump_trial.h"
#include "tools/restore/snapshot_folder.h"
#include "tools/sources/stored_dump.h"

namespace varve {
namespace {

int version_of(const SourceInfo& info) {
  const auto number = [&](const std::string& fact) {
    return parse_postgres_version(fact_of(info, fact)).value_or(0);
  };
  return std::max(number("engine_version"), number("pg_dump_version"));
}

std::uint64_t bytes_of(const Snapshot& snapshot, std::uint32_t source) {
  std::uint64_t bytes = 0;
  for (const FileEntry& file : snapshot.files) {
    if (file.source == source) bytes += file.size;
  }
  return bytes;
}

TriedDump describe(Repository& repository, const Snapshot& snapshot, const StoredDump& stored) {
  const SourceInfo& info = snapshot.sources.at(stored.source);
  TriedDump dump;
  dump.name = info.name;
  dump.is_script = stored.format == StoredDump::Format::plain;
  const std::string size = fact_of(info, "database_size");
  std::from_chars(size.data(), size.data() + size.size(), dump.bytes);
  dump.bytes = std::max(dump.bytes, bytes_of(snapshot, stored.source));
  dump.encoding = fact_of(info, "encoding");
  dump.collation = fact_of(info, "collation");
  dump.extensions = fact_of(info, "extensions");
  dump.selection = stored.selection;
  dump.recorded_rows = recorded_rows(snapshot, stored.source);
  if (!stored.globals.empty()) {
    dump.globals = globals_of(repository.chunks(), snapshot, stored);
    dump.globals_name = stored.globals;
  }
  return dump;
}

}  // namespace

Attestation drill_postgres(Repository& repository, const Snapshot& snapshot, std::uint32_t source,
                           const DrillRequest& request) {
  const PostgresPrograms programs =
      find_postgres_server(version_of(snapshot.sources.at(source)), request.programs);
  const StoredDump dump = find_dump(repository.chunks(), snapshot, {}, source);
  DumpTrial trial(describe(repository, snapshot, dump), programs, request.stop);
  {
    SnapshotFolderSettings settings;
    settings.parent = trial.folder();
    if (dump.format == StoredDump::Format::directory) settings.part = dump.path;
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
