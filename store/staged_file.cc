#include "store/staged_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "store/core/error.h"

namespace varve {
namespace {

Error cannot(const std::string& verb, const Path& path) {
  return system_error(errno, "cannot " + verb + " " + path.native());
}

}  // namespace

StagedFile::StagedFile(std::shared_ptr<TargetFolder> folder, std::string name, std::uint64_t size)
    : folder_(std::move(folder)),
      name_(std::move(name)),
      temporary_(".varve-" + to_hex(random_id<Id<struct StagedTag, 8>>().view())) {
  const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  file_ = File(::openat(folder_->fd(), temporary_.c_str(), flags, 0600), path());
  if (!file_) {
    const Error error = cannot("create", path());
    temporary_.clear();  // the destructor does not run; nothing is there
    throw error;
  }
  if (size == 0 || ::fallocate(file_.fd(), 0, 0, static_cast<off_t>(size)) == 0) return;
  if (errno == ENOSPC || errno == EDQUOT) {
    const Error error = cannot("write", path());
    ::unlinkat(folder_->fd(), temporary_.c_str(), 0);
    throw error;
  }
}

StagedFile::~StagedFile() {
  if (!temporary_.empty()) ::unlinkat(folder_->fd(), temporary_.c_str(), 0);
}

void StagedFile::take_owner_of_replaced() {
  const auto replaced = folder_->look_at(name_);
  if (!replaced || !S_ISREG(replaced->st_mode)) return;
  if (::fchown(file_.fd(), replaced->st_uid, replaced->st_gid) != 0 && errno != EPERM) {
    throw cannot("give its owner to", path());
  }
}

void StagedFile::seal(std::uint32_t mode, Timestamp mtime) {
  take_owner_of_replaced();
  if (::fchmod(file_.fd(), static_cast<mode_t>(mode & 07777)) != 0) {
    throw cannot("set the permissions of", path());
  }
  const timespec time{static_cast<time_t>(mtime.seconds), 0};
  const timespec times[] = {time, time};
  if (::futimens(file_.fd(), times) != 0) throw cannot("set the time of", path());
  if (::fsync(file_.fd()) != 0) throw cannot("make durable", path());
  file_.close();
}

void StagedFile::publish(AtomicFile::Over over) {
  const unsigned flags = over == AtomicFile::Over::refuse ? RENAME_NOREPLACE : 0;
  const int at = folder_->fd();
  int result = ::renameat2(at, temporary_.c_str(), at, name_.c_str(), flags);
  if (result != 0 && flags != 0 && (errno == EINVAL || errno == ENOSYS)) {
    // A filesystem without that flag: a hard link refuses an existing name as well.
    result = ::linkat(at, temporary_.c_str(), at, name_.c_str(), 0);
    if (result == 0) ::unlinkat(at, temporary_.c_str(), 0);
  }
  if (result != 0) throw cannot("create", path());
  temporary_.clear();
}

void StagedFile::withdraw() noexcept { ::unlinkat(folder_->fd(), name_.c_str(), 0); }

}  // namespace varve
