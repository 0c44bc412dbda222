// A repository that an enemy wrote: the store's own writer for the frame, and what no writer makes
// inside of it.
#pragma once

#include <string>
#include <vector>

#include "store/repository/repository.h"
#include "store/transform/manifest.h"
#include "tests/support/told_pack.h"

namespace varve {

class Enemy {
 public:
  // Creates the repository.
  explicit Enemy(const Path& repository);

  // An object of the next pack, as it is told. Its ref; nothing is compared with anything.
  ChunkRef object(const ObjectHeader& header, ByteView stored) {
    return objects_.add(header, stored);
  }
  ChunkRef chunk(ByteView plain, ObjectKind kind = ObjectKind::data);  // an honest one
  ChunkRef node(const ManifestNode& node) { return chunk(encode_node(node), ObjectKind::node); }

  // All objects so far, and a snapshot of these files: record and rows. Its name is a date.
  Snapshot commit(std::vector<FileEntry> files);
  // The same with this record, whatever it says.
  void commit_record(const SnapshotId& id, Timestamp time, const Bytes& record);
  // Straight into catalog.db.
  void sql(const std::string& statement) const;

 private:
  std::vector<NewPack> write_pack();

  const Path path_;
  ToldPack objects_;
  std::int64_t seconds_ = 0;
};

// A file of content-defined chunks, or (levels 0) of one chunk.
FileEntry file_entry(std::string path, std::uint64_t size, const ChunkRef& root,
                     std::uint8_t levels = 0);
FileEntry link_entry(std::string path, std::string target);
FileEntry folder_entry(std::string path);

// A snapshot as a record has it, of one source.
Snapshot snapshot_of(std::string name, std::vector<FileEntry> files);

}  // namespace varve
