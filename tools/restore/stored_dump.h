// A PostgreSQL dump in a snapshot, and what belongs to it.
#pragma once

#include <optional>
#include <string>

#include "store/repository.h"
#include "tools/sources/postgres_archive.h"
#include "tools/sources/postgres_programs.h"

namespace varve {

struct StoredDump {
  enum class Format { directory, custom, plain };
  Format format = Format::directory;
  std::string path;          // in the snapshot: of a folder, or of a file
  std::uint32_t source = 0;  // the source that it belongs to
  std::string globals;       // the path of its server's roles and tablespaces; empty: not stored
  std::string version;       // of the pg_dump that made it; empty: not known
  std::string selection;     // what of its database it is ("some tables"); empty: all
};

// The dump at `path`, or where nothing is said the only one of the snapshot, or of that source in
// it. What it is, its content says. Throws a usage Error that says what there is.
StoredDump find_dump(Repository& repository, const Snapshot& snapshot,
                     const std::optional<std::string>& path,
                     const std::optional<std::uint32_t>& source = {});

// What a dump that is no plain script holds. Throws a failed Error for an archive of a newer
// version than varve knows.
ArchiveContents contents_of(Repository& repository, const Snapshot& snapshot,
                            const StoredDump& dump);

// pg_restore and psql that read the dump. Throws a failed Error that names the package to install.
PostgresPrograms programs_for(const StoredDump& dump, const PostgresProgramPlaces& places);

}  // namespace varve
