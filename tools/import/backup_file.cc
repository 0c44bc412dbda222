#include "tools/import/backup_file.h"

#include "tools/import/backup_format.h"
#include "tools/sources/write_all.h"

namespace varve {

BackupFile add_backup_file(SnapshotBuilder& builder, SnapshotBuilder::NewFile file,
                           const ReadBytes& read) {
  BackupFile added;
  added.front = read_front(read);
  file.chunking = chunking_of(format_of(added.front));
  builder.add_file(file, [&](FileWriter& writer) {
    write_all(writer, added.front);
    added.size = added.front.size();
    while (const std::size_t count = read(writer.buffer())) {
      writer.produced(count);
      added.size += count;
    }
  });
  return added;
}

}  // namespace varve
