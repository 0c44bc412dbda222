// An old backup as a source: its bytes as they are, or as they come out of gzip, zstd, bzip2 or xz;
// of a tar archive its files (archive_copy.h), below a folder of the source's name; a database with
// its write-ahead log laid in (write_ahead_log.h). Nothing is written beside the backup.
//
// Databases are cut as databases, so that they share with what SqliteSource takes. The facts
// "imported_from" (the file's name), "imported_size" (bytes on disk), "imported_modified",
// "imported_changed" and "imported_sha256" (of what is inside) are how a later import knows it
// again (known_backups.h).
#pragma once

#include <memory>
#include <stop_token>

#include "store/ingest/source.h"
#include "tools/import/old_backup.h"

namespace varve {

// What is wrong with the backup itself, while it is opened or copied, is a failed Error that names
// it: a damaged or shortened file, an archive that holds one name twice, a file that changed since
// it was looked at. All other codes mean that the import cannot go on.
std::unique_ptr<Source> make_source(const OldBackup& backup);

// Of what is inside, as "imported_sha256" has it: reads all of it. Errors as above; an interrupted
// one where `stop` asks for it.
Sha256 sha256_of_content(const OldBackup& backup, const std::stop_token& stop);

// How facts have a time since 1970: 2026-11-21T02:00:00.123456789Z.
std::string to_text(std::chrono::nanoseconds time);

}  // namespace varve
