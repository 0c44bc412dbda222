// An old backup as a source: its bytes as they are, or as they come out of gzip, zstd, bzip2 or xz;
// of a tar archive its files, below a folder of the source's name.
//
// Databases are cut as databases, so that they share with what SqliteSource takes. Of a tar
// archive, files, folders and symbolic links within it are taken; hard links, devices, and names
// and links that lead out of it are left out, each with a warning. Nothing is unpacked to a disk.
#pragma once

#include <memory>
#include <string>

#include "store/source.h"
#include "tools/import/old_backup.h"
#include "tools/sources/patience.h"

namespace varve {

// What is wrong with the backup itself, while it is opened or copied, is a failed Error that names
// it: a damaged or shortened file, an archive that holds one name twice. All other codes mean that
// the import cannot go on.
std::unique_ptr<Source> make_source(const OldBackup& backup, const Patience& patience);

}  // namespace varve
