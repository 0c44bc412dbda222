// What a tar archive holds, copied into a snapshot.
//
// Files, folders and symbolic links within it are taken; devices, and names and links that lead
// out of it are left out, each with a warning. A hard link becomes a file of its own, with its
// target's bytes. A database in WAL mode whose log is there too, by its name, is stored with that
// laid in, and the log and its index are not: a program that opens the stored database would not
// see them.
//
// The archive is read once, and once more where it holds what must be known before it is stored
// (hard links, databases in WAL mode). Nothing is unpacked to a disk but write-ahead logs, and what
// has more than one name besides, one at a time.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "store/ingest/source.h"
#include "tools/import/member_path.h"
#include "tools/import/old_backup.h"
#include "tools/import/read_bytes.h"
#include "tools/import/tar_reader.h"
#include "tools/import/write_ahead_log.h"
#include "tools/sources/private_folder.h"

namespace varve {

class ArchiveCopy {
 public:
  // All goes below a folder of the backup's source's name. All must outlive it.
  ArchiveCopy(const OldBackup& backup, SnapshotBuilder& builder);

  // Once; reads `file` to its end. Throws a failed Error that names the backup.
  void run(PackedFile& file);
  int laid_in_logs() const noexcept { return laid_in_logs_; }

 private:
  // A file that is stored in the second round: under its own name, or as a hard link to it.
  struct Later {
    std::string path;
    TarMember member;
  };

  void take(TarReader& archive, const TarMember& member);
  void take_file(TarReader& archive, const TarMember& member, const std::string& path);
  void take_hard_link(const TarMember& member, const std::string& path);
  void take_entry(const TarMember& member, const std::string& path);
  const Path& spool();
  void keep_log(const std::string& path, const ReadBytes& read);
  bool belongs_to_laid_in(const std::string& path) const;
  void pass_over_companions();
  void take_the_rest();
  void take_later(TarReader& archive, const std::vector<Later>& outputs);
  void add(const TarMember& member, const std::string& path, const ReadBytes& read);
  void add_with_log(SnapshotBuilder::NewFile file, WriteAheadLog& log, const ReadBytes& read);
  WriteAheadLog* log_of(const std::string& path) const;

  void leave_out(const std::string& path, const std::string& why);
  void claim(const TarMember& member, const std::string& path);
  SnapshotBuilder::NewFile entry_of(const TarMember& member, const std::string& path) const;
  std::string place() const { return backup_.path.string(); }

  const OldBackup& backup_;
  SnapshotBuilder& builder_;
  MemberPaths claimed_;
  std::set<std::string> folders_;                    // that were entered
  std::set<std::string> files_;                      // that are there
  std::map<std::string, TarMember> links_;           // symbolic ones that are there
  std::map<std::string, std::string> first_;         // of a hard link: the file that has the bytes
  std::map<std::string, std::vector<Later>> later_;  // by the path that has the bytes
  std::set<std::string> wal_databases_;
  std::map<std::string, std::unique_ptr<WriteAheadLog>> logs_;  // by the log's path
  std::optional<PrivateFolder> spool_;                          // made when it is needed
  int laid_in_logs_ = 0;
  int left_out_ = 0;
  bool is_empty_ = true;
};

}  // namespace varve
