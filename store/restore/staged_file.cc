#include "store/restore/staged_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "store/core/error.h"
#include "store/restore/extended_attributes.h"

namespace varve {
namespace {

constexpr std::size_t kBlock = 4096;  // bytes: what a filesystem leaves out as a hole

constexpr std::uint64_t kWriteback = 8u << 20;  // bytes between two hints to the kernel

bool is_zero(ByteView bytes) {
  return bytes.front() == std::byte{0} && std::equal(bytes.begin() + 1, bytes.end(), bytes.begin());
}

Error cannot(const std::string& verb, const Path& path) {
  return system_error(errno, "cannot " + verb + " " + path.native());
}

}  // namespace

StagedFile::StagedFile(std::shared_ptr<TargetFolder> folder, std::string name,
                       const FileEntry& entry)
    : folder_(std::move(folder)),
      name_(std::move(name)),
      entry_(entry),
      temporary_(folder_->stage_name()) {
  if (entry_.type == FileType::link) {
    make_link();
  } else {
    create();
    take_space();
  }
}

void StagedFile::make_link() {
  if (::symlinkat(entry_.target.c_str(), folder_->fd(), temporary_.c_str()) != 0) {
    throw cannot("create the link", path());
  }
}

void StagedFile::create() {
  const int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  file_ = File(::openat(folder_->fd(), temporary_.c_str(), flags, 0600), path());
  if (!file_) throw cannot("create", path());  // the destructor does not run; nothing is there
}

void StagedFile::take_space() {
  const auto size = static_cast<off_t>(entry_.size);
  if (size == 0 || entry_.sparse || ::fallocate(file_.fd(), 0, 0, size) == 0) return;
  if (errno == ENOSPC || errno == EDQUOT) {
    const Error error = cannot("write", path());
    ::unlinkat(folder_->fd(), temporary_.c_str(), 0);
    throw error;
  }
}

StagedFile::~StagedFile() {
  if (!temporary_.empty()) ::unlinkat(folder_->fd(), temporary_.c_str(), 0);
}

void StagedFile::write(ByteView bytes) {
  if (entry_.sparse) {
    write_around_zeros(bytes);
  } else {
    file_.write_all(bytes);
  }
  written_ += bytes.size();
  start_writeback();
}

// While the next bytes are decoded the disk has something to do, and seal() little to wait for.
void StagedFile::start_writeback() {
  if (written_ - writeback_ < kWriteback) return;
  file_.start_writeback(writeback_, written_ - writeback_);
  writeback_ = written_;
}

// Blocks of the file, not of `bytes`: a hole is made of whole ones.
void StagedFile::write_around_zeros(ByteView bytes) {
  std::size_t begin = 0;  // of what is yet to be written
  const auto flush = [&](std::size_t end) {
    if (end > begin) file_.write_all_at(written_ + begin, bytes.subspan(begin, end - begin));
  };
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t rest = kBlock - (written_ + at) % kBlock;
    const std::size_t length = std::min(rest, bytes.size() - at);
    if (is_zero(bytes.subspan(at, length))) {
      flush(at);
      begin = at + length;
    }
    at += length;
  }
  flush(bytes.size());
}

bool StagedFile::give_to(Owner owner) {
  const int at = folder_->fd();
  if (::fchownat(at, temporary_.c_str(), owner.uid, owner.gid, AT_SYMLINK_NOFOLLOW) == 0) {
    return true;
  }
  if (errno != EPERM) throw cannot("give its owner to", path());
  return false;
}

bool StagedFile::take_owner(const std::optional<struct stat>& replaced) {
  if (replaced) {
    give_to({replaced->st_uid, replaced->st_gid});
    return true;
  }
  return !entry_.owner || give_to(*entry_.owner);
}

void StagedFile::set_times() {
  const timespec time{static_cast<time_t>(entry_.mtime.seconds),
                      static_cast<long>(entry_.mtime_nanoseconds)};
  const timespec times[] = {time, time};
  if (::utimensat(folder_->fd(), temporary_.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0) {
    throw cannot("set the time of", path());
  }
}

std::vector<std::string> StagedFile::carry_attributes() const {
  const Path replaced = fmt::format("/proc/self/fd/{}/{}", folder_->fd(), name_);
  return carry_extended_attributes(replaced, file_);
}

std::vector<std::string> StagedFile::seal(Rights rights) {
  std::vector<std::string> lost;
  auto replaced = folder_->look_at(name_);
  if (replaced && !S_ISREG(replaced->st_mode)) replaced.reset();
  const bool is_carrying = file_ && replaced;
  const bool is_recorded = rights == Rights::recorded && entry_.owner && give_to(*entry_.owner);
  if (is_recorded) replaced.reset();
  const bool has_owner = take_owner(replaced);
  if (file_) {
    if (entry_.sparse) file_.truncate(entry_.size);
    if (is_carrying) lost = carry_attributes();
    // A program that runs as its owner must not run as another one.
    auto mode = static_cast<mode_t>(entry_.mode & (has_owner ? 07777 : 01777));
    if (replaced) mode &= replaced->st_mode | ~mode_t{S_IRWXG | S_IRWXO};
    if (::fchmod(file_.fd(), mode) != 0) throw cannot("set the permissions of", path());
  }
  set_times();
  if (!file_) return lost;
  if (::fsync(file_.fd()) != 0) throw cannot("make durable", path());
  file_.close();
  return lost;
}

void StagedFile::publish(AtomicFile::Over over) {
  const unsigned flags = over == AtomicFile::Over::refuse ? RENAME_NOREPLACE : 0;
  const int at = folder_->fd();
  int result = ::renameat2(at, temporary_.c_str(), at, name_.c_str(), flags);
  if (result != 0 && flags != 0 && (errno == EINVAL || errno == ENOSYS)) {
    // A filesystem without that flag: a hard link refuses an existing name as well.
    result = ::linkat(at, temporary_.c_str(), at, name_.c_str(), 0);
    if (result == 0 && ::unlinkat(at, temporary_.c_str(), 0) != 0) {
      const Error error = cannot("remove the temporary name of", path());
      withdraw();
      throw error;
    }
  }
  if (result != 0) throw cannot("create", path());
  temporary_.clear();
}

void StagedFile::withdraw() noexcept { ::unlinkat(folder_->fd(), name_.c_str(), 0); }

}  // namespace varve
