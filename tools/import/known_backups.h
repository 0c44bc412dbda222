// Which old backups a repository holds.
//
// A backup is there already where a snapshot of its source and time was imported from the very
// place, of the same size on disk and not changed since; or where it holds the same
// bytes, unpacked, wherever these came from. The bytes are looked at only where a snapshot of its
// source and time came from elsewhere, or the file was changed since. A name and a date alone
// prove nothing: two machines may write files of one name.
#pragma once

#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "store/snapshots/snapshot.h"
#include "tools/import/old_backup.h"

namespace varve {

struct KnownBackup {
  SnapshotId id;
  std::string snapshot;  // its name
  std::string location;  // where it was
  std::string size;      // the facts, as they stand there; empty: not known
  std::string changed;
  std::string sha256;
  std::uint64_t added_bytes = 0;  // what its snapshot added to the repository
};

class KnownBackups {
 public:
  KnownBackups() = default;
  explicit KnownBackups(const std::vector<Snapshot>& snapshots);
  void add(const Snapshot& snapshot);

  // The one that `backup` is; nothing for a new one. It may read the backup: Errors as of
  // sha256_of_content. Valid until the next add.
  const KnownBackup* find(const OldBackup& backup, const std::stop_token& stop) const;
  // One of its source and time, whatever it holds; null where there is none.
  const KnownBackup* of_its_time(const OldBackup& backup) const;
  // The time of the newest snapshot of a source, imported or not.
  std::optional<Timestamp> newest(const std::string& source) const;
  // Another folder that backups of this source were imported from; empty: none.
  std::string other_folder(const OldBackup& backup) const;

 private:
  using Key = std::pair<std::string, std::int64_t>;  // source, seconds

  std::multimap<Key, KnownBackup> known_;
  std::map<std::string, Timestamp> newest_;
};

}  // namespace varve
