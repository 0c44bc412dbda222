#include "tools/restore/file_users.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <optional>

#include "store/core/error.h"
#include "store/core/name_list.h"
#include "tools/sources/sqlite_companions.h"

namespace varve {
namespace {

namespace fs = std::filesystem;

struct Identity {
  dev_t device = 0;
  ino_t inode = 0;
  friend bool operator==(const Identity&, const Identity&) = default;
};

std::optional<pid_t> as_pid(const std::string& name) {
  pid_t pid = 0;
  const auto [end, fault] = std::from_chars(name.data(), name.data() + name.size(), pid);
  if (fault != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return pid;
}

std::string name_of(pid_t pid) {
  try {
    std::array<std::byte, 64> words{};
    const File comm = File::open_read(fmt::format("/proc/{}/comm", pid));
    const std::string_view name = as_text(ByteView(words).first(comm.read_at(0, words)));
    return std::string(name.substr(0, name.find('\n')));
  } catch (const Error&) {
    return "a process";  // it has just ended
  }
}

void for_each_process(const std::function<void(pid_t)>& look) {
  std::error_code unreadable;
  for (const auto& entry : fs::directory_iterator("/proc", unreadable)) {
    const auto pid = as_pid(entry.path().filename());
    if (pid && *pid != ::getpid()) look(*pid);
  }
}

bool has_open(pid_t pid, const std::vector<Identity>& files) {
  std::error_code unreadable;  // another user's, or it has just ended
  for (const auto& entry : fs::directory_iterator(fmt::format("/proc/{}/fd", pid), unreadable)) {
    struct stat opened {};
    if (::stat(entry.path().c_str(), &opened) != 0) continue;
    const Identity identity{opened.st_dev, opened.st_ino};
    if (std::ranges::find(files, identity) != files.end()) return true;
  }
  return false;
}

// Who holds a lock against a write lock on this range of the file.
void add_lock_holder(const Path& path, off_t begin, off_t length, std::vector<FileUser>& users) {
  const File file(::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK), path);
  if (!file) return;
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = begin;
  lock.l_len = length;
  if (::fcntl(file.fd(), F_OFD_GETLK, &lock) != 0 || lock.l_type == F_UNLCK) return;
  const bool is_known = lock.l_pid > 0;
  users.push_back({is_known ? lock.l_pid : 0, is_known ? name_of(lock.l_pid) : "a process"});
}

}  // namespace

std::vector<FileUser> users_of(const std::vector<Path>& files) {
  std::vector<Identity> identities;
  for (const Path& path : files) {
    struct stat found {};
    if (::lstat(path.c_str(), &found) == 0) identities.push_back({found.st_dev, found.st_ino});
  }
  std::vector<FileUser> users;
  if (identities.empty()) return users;
  for_each_process([&](pid_t pid) {
    if (has_open(pid, identities)) users.push_back({pid, name_of(pid)});
  });
  return users;
}

std::vector<FileUser> sqlite_lock_holders(const Path& database) {
  // https://sqlite.org/walformat.html, "WAL Locks": 8 bytes from 120 on, then the one that tells
  // that the file is in use at all.
  constexpr off_t kShmLocks = 120;
  constexpr off_t kShmLockBytes = 9;
  std::vector<FileUser> users;
  add_lock_holder(database, kSqliteLocks, kSqliteLockBytes, users);
  add_lock_holder(shm_path(database), kShmLocks, kShmLockBytes, users);
  return users;
}

std::vector<FileUser> users_of_database(const Path& database) {
  std::vector<Path> files = companions_of(database);
  files.insert(files.begin(), database);
  std::vector<FileUser> users = users_of(files);
  for (FileUser& holder : sqlite_lock_holders(database)) {
    const bool is_known =
        std::ranges::any_of(users, [&](const FileUser& user) { return user.pid == holder.pid; });
    if (!is_known) users.push_back(std::move(holder));
  }
  return users;
}

std::string to_text(const std::vector<FileUser>& users) {
  std::vector<std::string> names;
  for (const FileUser& user : users) {
    names.push_back(user.pid > 0 ? fmt::format("{} (pid {})", user.name, user.pid)
                                 : "a process of another container");
  }
  return name_list(names, 3);
}

std::vector<RunningProgram> running(const std::vector<std::string>& programs) {
  std::vector<RunningProgram> found;
  for_each_process([&](pid_t pid) {
    const std::string name = name_of(pid);
    if (std::ranges::find(programs, name) == programs.end()) return;
    std::error_code untold;
    const Path folder = fs::read_symlink(fmt::format("/proc/{}/cwd", pid), untold);
    if (untold == std::errc::no_such_file_or_directory) return;  // it has ended, or is about to
    found.push_back({{pid, name}, folder});
  });
  return found;
}

}  // namespace varve
