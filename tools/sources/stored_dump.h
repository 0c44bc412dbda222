// A PostgreSQL dump in a snapshot, and what belongs to it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "store/read/chunk_reader.h"
#include "store/snapshots/snapshot.h"
#include "tools/sources/postgres_archive.h"
#include "tools/sources/postgres_programs.h"

namespace varve {

struct StoredDump {
  enum class Format { directory, custom, plain };
  Format format = Format::directory;
  std::string path;          // in the snapshot: of a folder, or of a file
  std::uint32_t source = 0;  // the source that it belongs to
  // The path of the roles and tablespaces of the server that it came from, whichever of that one's
  // databases they were stored with (postgres_targets.h); empty: not stored.
  std::string globals;
  std::string version;    // of the pg_dump that made it; empty: not known
  std::string selection;  // what of its database it is ("some tables"); empty: all
};

// The dump at `path`, or where nothing is said the only one of the snapshot, or of that source in
// it. What it is, its content says. Throws a usage Error that says what there is.
StoredDump find_dump(ChunkReader& chunks, const Snapshot& snapshot,
                     const std::optional<std::string>& path,
                     const std::optional<std::uint32_t>& source = {});

// What its source noted of its database ("encoding", "collation"…); empty where it did not.
std::string fact_of(const SourceInfo& source, const std::string& fact);

// The file that begins with the table of contents: a directory's toc.dat, or the dump itself.
const FileEntry& contents_file(const Snapshot& snapshot, const StoredDump& dump);

// What a dump that is no plain script holds, names in UTF-8. Throws a failed Error for an archive
// of a newer version than varve knows.
ArchiveContents contents_of(ChunkReader& chunks, const Snapshot& snapshot, const StoredDump& dump);

// The script with its server's roles and tablespaces, where there is one. Throws a failed Error
// where that is larger than any server's are (64 MiB), and is not read into memory.
std::string globals_of(ChunkReader& chunks, const Snapshot& snapshot, const StoredDump& dump);

// pg_restore and psql that read the dump. Throws a failed Error that names the package to install.
PostgresPrograms programs_for(const StoredDump& dump, const PostgresProgramPlaces& places);

}  // namespace varve
