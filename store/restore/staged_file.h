// A file that is being restored: complete, checked and durable under a temporary name before it
// takes its own.
//
// write → seal → publish. Destroyed before publish() it leaves nothing. Not thread-safe.
// Not AtomicFile: that one works by path and keeps a descriptor for each file; a restore may
// have thousands of files waiting, in a folder that others can write to. What a process that died
// left behind, the folder's guard tells (staging_guard.h).
#pragma once

#include <sys/stat.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/core/file.h"
#include "store/restore/target_folder.h"
#include "store/snapshots/snapshot.h"

namespace varve {

class StagedFile {
 public:
  // Of the entry's type, a file or a link. A file takes its space at once where the filesystem can:
  // a disk that is too small is found before the first byte. A sparse one takes none for zeros.
  StagedFile(std::shared_ptr<TargetFolder> folder, std::string name, const FileEntry& entry);
  ~StagedFile();
  StagedFile(const StagedFile&) = delete;
  StagedFile& operator=(const StagedFile&) = delete;

  Path path() const { return folder_->path() / name_; }
  Path temporary_path() const { return folder_->path() / temporary_; }  // before publish()
  File& file() noexcept { return file_; }  // before seal(); none for a link
  void write(ByteView bytes);

  // Sets owner, permission bits and time, and makes the bytes durable. Where a file of this name is
  // to be replaced, the new one gets its owner, and group and others may do no more with it than
  // they might with that; else the owner that the entry tells, if this user may give files away.
  // `recorded`: if he may, owner and permissions are the entry's also there. It gets the extended
  // attributes of what it replaces; returned are the names of those that it could not get.
  enum class Rights { of_replaced, recorded };
  std::vector<std::string> seal(Rights rights = Rights::of_replaced);
  // Gives it its name. An existing file is an io Error unless `over` says replace. The name is
  // durable after the folder's sync().
  void publish(AtomicFile::Over over);
  // After publish() over nothing: the name goes again, as far as possible.
  void withdraw() noexcept;

 private:
  void create();
  void make_link();
  void take_space();
  void write_around_zeros(ByteView bytes);
  void start_writeback();
  bool give_to(Owner owner);  // false where this user may not
  // False where the entry's own could not be set.
  bool take_owner(const std::optional<struct stat>& replaced);
  void set_times();
  std::vector<std::string> carry_attributes() const;

  std::shared_ptr<TargetFolder> folder_;
  std::string name_;
  const FileEntry& entry_;
  std::string temporary_;        // empty once published
  File file_;                    // none for a link
  std::uint64_t written_ = 0;    // bytes, zeros that were left out included
  std::uint64_t writeback_ = 0;  // of them, those that are on their way to the disk
};

}  // namespace varve
