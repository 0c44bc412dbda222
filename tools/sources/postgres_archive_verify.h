// Proves an archive that somebody made with pg_dump, and that is stored as a file: in the custom
// format, or as the toc.dat of a directory (or of the tar format, unpacked), with its data beside.
//
// quick  The contents can be read, pg_restore --list takes them, and every file that they name is
//        there.
// full   Besides, the data of every entry is read to its end and unpacked (of gzip), and the rows
//        of each table are counted.
#pragma once

#include "store/read/chunk_reader.h"
#include "store/snapshots/snapshot.h"
#include "tools/sources/postgres_verify.h"

namespace varve {

// All fields but the source's name, level and times. What is wrong with the archive or the store is
// a result, not an Error; what could not be looked at (no pg_restore is installed) stands in the
// detail of one that passed. An Error says nothing about the archive: no space for its contents, a
// stop.
Attestation verify_postgres_archive(ChunkReader& chunks, const Snapshot& snapshot,
                                    const FileEntry& file, const PostgresVerification& request);

}  // namespace varve
