#include "tools/sources/sqlite_recognition.h"

#include "tools/sources/sqlite_file.h"
#include "tools/sources/sqlite_header.h"

namespace varve {

bool is_sqlite_database(const Path& path) {
  const OpenedSqliteFile opened(path);
  if (opened.file().size() < SqliteHeader::kSize) return false;
  SqliteHeader header;
  opened.file().read(0, header.bytes);
  return header.has_magic();
}

}  // namespace varve
