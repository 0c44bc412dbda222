// A mounted repository: the parts of fs/ wired together, one call for each thing that a program
// can do with the tree. operations.h speaks FUSE; this does not.
//
//   kernel → operations → Filesystem → Tree                     names, attributes
//                                    → StoredFile → FileReader  bytes
//                                    → Pins                     what gc must leave
//   Watcher → SnapshotList → kernel                             names that are gone
//
// Locks, none of which is held while another is taken, but for Pins' over SnapshotList's:
// NodeTable (its map), SnapshotList (listing), SnapshotCache (views), Pins (pin file),
// FileReaders (readers), FileHashes (results), each open file's own.
//
// Thread-safe. Every call throws Error; its code says the errno (store/core/error.h).
#pragma once

#include <sys/statvfs.h>

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "fs/file_hashes.h"
#include "fs/file_readers.h"
#include "fs/log.h"
#include "fs/mount_options.h"
#include "fs/node_table.h"
#include "fs/open_file.h"
#include "fs/pins.h"
#include "fs/tree.h"
#include "store/repository/repository.h"

namespace varve {

class Filesystem {
 public:
  // `description`: what other programs are told about who reads ("varve mount /mnt/backups").
  Filesystem(std::unique_ptr<Repository> repository, const MountSettings& settings,
             const std::string& description, Log& log);

  struct Found {
    std::uint64_t inode = 0;  // 0: there is nothing of that name
    struct stat attributes {};
    Lifetime name = Lifetime::now;  // or of the absence
    Lifetime attribute = Lifetime::now;
  };
  // Counts a reference of the kernel's where something is found.
  Found lookup(std::uint64_t folder, std::string_view name);
  Found remember(const NamedNode& child);  // the same for what a folder's listing gave
  void forget(std::uint64_t inode, std::uint64_t references);

  Found attributes(std::uint64_t inode);
  std::string link_target(std::uint64_t link);

  std::unique_ptr<OpenFile> open(std::uint64_t file);
  Slices read(OpenFile& file, std::uint64_t offset, std::size_t length);
  std::unique_ptr<OpenFolder> open_folder(std::uint64_t folder);

  std::vector<std::string> attribute_names(std::uint64_t inode);
  std::optional<std::string> attribute(std::uint64_t inode, std::string_view name);

  struct statvfs space() const;

  // For the watcher: lets go of what is forgotten and no longer open.
  void settle();
  SnapshotList& list() noexcept { return list_; }
  Log& log() noexcept { return log_; }
  // Ends what may take long.
  void stop() { stop_.request_stop(); }

 private:
  Found describe(const Node& node, std::uint64_t inode);
  std::string sums(const SnapshotView& view);

  std::unique_ptr<Repository> repository_;
  Log& log_;
  std::stop_source stop_;
  SnapshotList list_;
  SnapshotCache cache_;
  Pins pins_;
  const std::optional<SnapshotId> alone_;
  Tree tree_;
  NodeTable nodes_;
  FileReaders readers_;
  FileHashes hashes_;
  const std::uint64_t read_ahead_window_;
  std::shared_ptr<const SnapshotView> alone_view_;  // with MountSettings::snapshot
  Pins::Pin alone_pin_;
  ReadAhead read_ahead_;  // last: its threads read files
};

}  // namespace varve
