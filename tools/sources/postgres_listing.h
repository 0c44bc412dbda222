// pg_restore's own word on an archive's contents.
#pragma once

#include <stop_token>
#include <string>

#include "store/core/bytes.h"
#include "tools/sources/postgres_programs.h"

namespace varve {

struct ArchiveListing {
  std::string program;  // "pg_restore 15.20"
  std::string fault;    // one line; empty: it takes them
};

// `toc` is the toc.dat of a directory: pg_restore wants no more to list what that holds. It is
// written to a private folder. `dump_version` is pg_dump's, as far as it is known. Throws a failed
// Error where no pg_restore is installed that could read it; an interrupted one.
ArchiveListing list_archive(const Bytes& toc, const std::string& dump_version,
                            const PostgresProgramPlaces& places, const std::stop_token& stop);

}  // namespace varve
