// A file that is being restored: complete, checked and durable under a temporary name before it
// takes its own.
//
// write → seal → publish. Destroyed before publish() it leaves nothing. Not thread-safe.
// Not AtomicFile: that one works by path and keeps a descriptor for each file; a restore may
// have thousands of files waiting, in a folder that others can write to.
#pragma once

#include <memory>
#include <string>

#include "store/snapshot.h"
#include "store/target_folder.h"

namespace varve {

class StagedFile {
 public:
  // Takes `size` bytes of space at once where the filesystem can: a disk that is too small is
  // found before the first byte.
  StagedFile(std::shared_ptr<TargetFolder> folder, std::string name, std::uint64_t size);
  ~StagedFile();
  StagedFile(const StagedFile&) = delete;
  StagedFile& operator=(const StagedFile&) = delete;

  Path path() const { return folder_->path() / name_; }
  void write(ByteView bytes) { file_.write_all(bytes); }

  // Sets permission bits and time, makes the bytes durable, and closes the file. Where a file of
  // this name is to be replaced, the new one gets its owner.
  void seal(std::uint32_t mode, Timestamp mtime);
  // Gives it its name. An existing file is an io Error unless `over` says replace. The name is
  // durable after the folder's sync().
  void publish(AtomicFile::Over over);
  // After publish() over nothing: the name goes again, as far as possible.
  void withdraw() noexcept;

 private:
  void take_owner_of_replaced();

  std::shared_ptr<TargetFolder> folder_;
  std::string name_;
  std::string temporary_;  // empty once published
  File file_;
};

}  // namespace varve
