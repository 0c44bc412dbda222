#include "tools/sources/folder_walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <utility>

#include "store/core/error.h"

namespace varve {
namespace {

constexpr std::size_t kMostWarnings = 5;  // of a kind
constexpr std::uint64_t kStatBlock = 512;

struct CloseDirectory {
  void operator()(DIR* directory) const noexcept { ::closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDirectory>;

// Below `folder`, through no symbolic link.
int open_below(int folder, const std::string& path, std::uint64_t flags) {
  open_how how{};
  how.flags = flags | O_CLOEXEC | O_NOFOLLOW;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  const char* name = path.empty() ? "." : path.c_str();
  while (true) {
    const long fd = ::syscall(SYS_openat2, folder, name, &how, sizeof how);
    if (fd >= 0 || (errno != EINTR && errno != EAGAIN)) return static_cast<int>(fd);
  }
}

std::string_view what_is_passed_over(mode_t mode) {
  if (S_ISSOCK(mode)) return "a socket";
  if (S_ISFIFO(mode)) return "a named pipe";
  return "a device";
}

FolderItem item_of(std::string path, const struct stat& status) {
  FolderItem item;
  item.path = std::move(path);
  item.mode = status.st_mode & 07777;
  item.owner = {status.st_uid, status.st_gid};
  item.stamp = stamp_of(status);
  item.has_holes = static_cast<std::uint64_t>(status.st_blocks) * kStatBlock < item.stamp.size;
  if (S_ISDIR(status.st_mode)) item.type = FileType::folder;
  if (S_ISLNK(status.st_mode)) item.type = FileType::link;
  return item;
}

bool is_gone(int error_number) { return error_number == ENOENT || error_number == ENOTDIR; }

}  // namespace

class Folder::Walk {
 public:
  Walk(const File& folder, const Exclusion& exclusion, const std::optional<Path>& skip)
      : folder_(folder), exclusion_(exclusion), all_readable_(::geteuid() == 0) {
    if (skip) skip_ = stamp_of(*skip);
    const struct stat status = folder.status();
    device_ = status.st_dev;
    content_.items.push_back(item_of({}, status));
  }

  FolderContent run() {
    waiting_.emplace_back();
    while (!waiting_.empty()) {
      const std::string path = std::move(waiting_.back());
      waiting_.pop_back();
      look_into(path);
    }
    std::ranges::sort(content_.items, {}, &FolderItem::path);
    for (const auto& [kind, count] : passed_over_) {
      if (count > kMostWarnings) {
        content_.warnings.push_back(fmt::format(
            "{}: {} more like that ({})", folder_.path().native(), count - kMostWarnings, kind));
      }
    }
    return std::move(content_);
  }

 private:
  void look_into(const std::string& path) {
    const int fd = open_below(folder_.fd(), path, O_RDONLY | O_DIRECTORY);
    if (fd < 0) {
      if (!is_gone(errno)) cannot_read(path, errno);
      return;
    }
    const Directory directory(::fdopendir(fd));
    if (directory == nullptr) throw system_error(errno, "cannot list " + path);
    while (true) {
      errno = 0;
      const dirent* found = ::readdir(directory.get());
      if (found == nullptr) break;
      const std::string_view name = found->d_name;
      if (name != "." && name != "..") look_at(fd, path, found->d_name);
    }
    if (errno != 0) cannot_read(path, errno);
  }

  void look_at(int folder, const std::string& above, const char* name) {
    struct stat status {};
    if (::fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return;  // gone already
    const std::string path = above.empty() ? name : fmt::format("{}/{}", above, name);
    const bool is_folder = S_ISDIR(status.st_mode);
    if (exclusion_.matches(path, is_folder)) return;
    if (is_folder) {
      add_folder(path, status);
    } else if (S_ISREG(status.st_mode)) {
      add_file(folder, name, path, status);
    } else if (S_ISLNK(status.st_mode)) {
      add_link(folder, name, path, status);
    } else {
      pass_over(path, what_is_passed_over(status.st_mode));
    }
  }

  void add_folder(const std::string& path, const struct stat& status) {
    if (skip_ && skip_->device == status.st_dev && skip_->inode == status.st_ino) return;
    content_.items.push_back(item_of(path, status));
    if (status.st_dev == device_) {
      waiting_.push_back(path);
    } else {
      pass_over(path, "another filesystem; name it as a source, or exclude it");
    }
  }

  void add_file(int folder, const char* name, const std::string& path, const struct stat& status) {
    const bool readable = all_readable_ || ::faccessat(folder, name, R_OK, AT_EACCESS) == 0;
    if (!readable) return cannot_read(path, errno);
    content_.items.push_back(item_of(path, status));
  }

  void add_link(int folder, const char* name, const std::string& path, const struct stat& status) {
    std::array<char, 4097> target{};
    const ssize_t length = ::readlinkat(folder, name, target.data(), target.size());
    if (length <= 0) return;  // gone, or something else by now
    content_.items.push_back(item_of(path, status));
    content_.items.back().target.assign(target.data(), static_cast<std::size_t>(length));
  }

  void pass_over(const std::string& path, std::string_view kind) {
    if (++passed_over_[std::string(kind)] > kMostWarnings) return;
    content_.warnings.push_back(
        fmt::format("{}/{} is passed over: it is {}", folder_.path().native(), path, kind));
  }

  void cannot_read(const std::string& path, int error_number) {
    content_.is_complete = false;
    const std::string reason = system_error(error_number, "cannot be read").what();
    if (++passed_over_[reason] > kMostWarnings) return;
    content_.warnings.push_back(
        fmt::format("{}/{} is not in the snapshot: it {}", folder_.path().native(), path, reason));
  }

  const File& folder_;
  const Exclusion& exclusion_;
  const bool all_readable_;
  std::optional<FileStamp> skip_;
  dev_t device_ = 0;
  FolderContent content_;
  std::vector<std::string> waiting_;                // folders to look into
  std::map<std::string, std::size_t> passed_over_;  // by kind
};

Folder::Folder(const Path& path)
    : folder_(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), path) {
  if (folder_) return;
  throw Error(ErrorCode::failed,
              fmt::format("cannot ingest {}: {}", path.native(),
                          std::string(system_error(errno, "the folder cannot be opened").what())));
}

FolderContent Folder::walk(const Exclusion& exclusion, const std::optional<Path>& skip) const {
  return Walk(folder_, exclusion, skip).run();
}

std::optional<File> Folder::open_file(const std::string& path) const {
  // Without O_NONBLOCK a pipe that has taken the file's place would be waited for.
  File file(open_below(folder_.fd(), path, O_RDONLY | O_NONBLOCK), folder_.path() / path);
  if (!file) {
    if (is_gone(errno) || errno == ELOOP) return std::nullopt;
    throw system_error(errno, "cannot open " + file.path().native());
  }
  if (!S_ISREG(file.status().st_mode)) return std::nullopt;
  return file;
}

}  // namespace varve
