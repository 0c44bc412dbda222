// A file layer of SQLite's for a disk that is full while the catalog is being used.
//
// Processes that share a catalog map a small file, -shm, into their memory. SQLite makes room for
// it by writing the last byte of each 4 KiB; where the filesystem's blocks are smaller, the others
// are holes, and on a full disk touching one is no error but a SIGBUS, which ends the program. This
// layer has the kernel fill them before SQLite sees the memory: then a full disk is an error like
// any other. All else is what the system's own layer does. https://sqlite.org/vfs.html
#pragma once

namespace varve {

// Its name, for sqlite3_open_v2; null where SQLite does not take it, then the default one serves.
// Thread-safe.
const char* catalog_file_layer();

}  // namespace varve
