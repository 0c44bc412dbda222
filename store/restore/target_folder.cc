#include "store/restore/target_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "store/core/error.h"

namespace varve {
namespace {

constexpr mode_t kFolderMode = 0755;

File open_folder(int at, const std::string& name, const Path& path, int extra_flags = 0) {
  return File(::openat(at, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | extra_flags), path);
}

Path without_trailing_slash(const Path& path) {
  return path.has_filename() || path == path.root_path() ? path : path.parent_path();
}

Error not_a_folder(const Path& path) {
  return Error(ErrorCode::failed,
               fmt::format("{} is not a folder: choose another target", path.native()));
}

}  // namespace

std::shared_ptr<TargetFolder> TargetFolder::open(const Path& given, Missing missing) {
  const Path path = without_trailing_slash(given);
  File folder = open_folder(AT_FDCWD, path, path);
  if (folder) {
    return std::shared_ptr<TargetFolder>(new TargetFolder(std::move(folder), nullptr, false));
  }
  if (errno == ENOTDIR) throw not_a_folder(path);
  if (errno != ENOENT) throw system_error(errno, "cannot open the folder " + path.native());
  if (missing == Missing::refuse) {
    throw Error(ErrorCode::failed,
                fmt::format("the folder {} does not exist: create it first", path.native()));
  }
  const Path parent = path.has_parent_path() ? path.parent_path() : Path(".");
  return open_in(open(parent, Missing::refuse), path.filename());
}

std::shared_ptr<TargetFolder> TargetFolder::open_in(const std::shared_ptr<TargetFolder>& parent,
                                                    const std::string& name) {
  const Path path = parent->path() == "." ? Path(name) : parent->path() / name;
  const bool created = ::mkdirat(parent->fd(), name.c_str(), kFolderMode) == 0;
  if (!created && errno != EEXIST) {
    throw system_error(errno, "cannot create the folder " + path.native());
  }
  File folder = open_folder(parent->fd(), name, path, O_NOFOLLOW);
  if (folder) {
    return std::shared_ptr<TargetFolder>(new TargetFolder(std::move(folder), parent, created));
  }
  if (errno == ENOTDIR || errno == ELOOP) throw not_a_folder(path);
  throw system_error(errno, "cannot open the folder " + path.native());
}

TargetFolder::~TargetFolder() {
  guard_.reset();
  if (created_) ::unlinkat(parent_->fd(), path().filename().c_str(), AT_REMOVEDIR);
}

std::string TargetFolder::stage_name() {
  if (!guard_) guard_ = std::make_unique<StagingGuard>(folder_);
  return guard_->next_name();
}

std::optional<Path> TargetFolder::end_staging() {
  std::optional<Path> left;
  if (guard_ && !guard_->remove()) left = path() / guard_->name();
  guard_.reset();
  return left;
}

Path TargetFolder::real_path() const {
  return std::filesystem::read_symlink(fmt::format("/proc/self/fd/{}", fd()));
}

std::optional<struct stat> TargetFolder::look_at(const std::string& name) const {
  struct stat found {};
  if (::fstatat(fd(), name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0) return found;
  if (errno == ENOENT) return std::nullopt;
  throw system_error(errno, "cannot look at " + (path() / name).native());
}

void TargetFolder::sync() const {
  if (::fsync(fd()) != 0) throw system_error(errno, "cannot make durable " + path().native());
  if (parent_) parent_->sync();
}

}  // namespace varve
