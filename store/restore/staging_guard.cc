#include "store/restore/staging_guard.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string_view>
#include <vector>

#include "store/core/error.h"
#include "store/core/ids.h"

namespace varve {
namespace {

constexpr std::string_view kPrefix = ".varve-";
constexpr std::string_view kGuardPrefix = ".varve-held-";
constexpr std::size_t kIdLength = 16;  // hexadecimal digits

std::string guard_name(std::string_view id) { return fmt::format("{}{}", kGuardPrefix, id); }

bool is_id(std::string_view text) {
  return text.size() == kIdLength &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// The folder by its descriptor: its path may lead elsewhere by now.
Path real_folder(const File& folder) { return fmt::format("/proc/self/fd/{}", folder.fd()); }

std::vector<std::string> names_in(const File& folder) {
  std::vector<std::string> names;
  std::error_code unreadable;  // then nothing is tidied up
  std::filesystem::directory_iterator entry(real_folder(folder), unreadable);
  while (!unreadable && entry != std::filesystem::directory_iterator()) {
    std::string name = entry->path().filename();
    if (name.starts_with(kPrefix)) names.push_back(std::move(name));
    entry.increment(unreadable);
  }
  return names;
}

// Whether the lock could be taken; nothing where the filesystem has none.
std::optional<bool> try_lock(File& guard) {
  try {
    return guard.try_lock(File::Lock::exclusive);
  } catch (const Error&) {
    return std::nullopt;
  }
}

// Locked, where nobody else has it locked.
std::optional<File> take_abandoned_guard(const File& folder, const std::string& name) {
  constexpr int kFlags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  File guard(::openat(folder.fd(), name.c_str(), kFlags), folder.path() / name);
  if (!guard || !S_ISREG(guard.status().st_mode)) return std::nullopt;
  if (!try_lock(guard).value_or(false)) return std::nullopt;
  return guard;
}

void remove_staged(const File& folder, std::string_view id, const std::vector<std::string>& names) {
  const std::string prefix = fmt::format("{}{}-", kPrefix, id);
  for (const std::string& name : names) {
    if (!name.starts_with(prefix)) continue;
    std::error_code refused;
    std::filesystem::remove_all(real_folder(folder) / name, refused);  // follows no link
  }
}

}  // namespace

StagingGuard::StagingGuard(const File& folder) : folder_(folder) {
  while (true) {
    create();
    const std::optional<bool> locked = try_lock(guard_);
    // remove_abandoned() may have come between; then it is made once more.
    if (!locked || (*locked && guard_.status().st_nlink != 0)) break;
  }
  // Before anything is staged, or a power cut could leave that alone.
  static_cast<void>(::fsync(folder_.fd()));
}

void StagingGuard::create() {
  id_ = to_hex(random_id<Id<struct StagedTag, kIdLength / 2>>().view());
  name_ = guard_name(id_);
  constexpr int kFlags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  guard_ = File(::openat(folder_.fd(), name_.c_str(), kFlags, 0600), folder_.path() / name_);
  if (!guard_) throw system_error(errno, "cannot create a file in " + folder_.path().native());
}

StagingGuard::~StagingGuard() { remove(); }

bool StagingGuard::remove() noexcept {
  constexpr int kTries = 2;  // beside somebody's database nothing is left for one failing call
  for (int tries = 0; tries < kTries && !name_.empty(); ++tries) {
    if (::unlinkat(folder_.fd(), name_.c_str(), 0) == 0 || errno == ENOENT) name_.clear();
  }
  return name_.empty();
}

std::string StagingGuard::next_name() { return fmt::format("{}{}-{}", kPrefix, id_, ++count_); }

void remove_abandoned(const File& folder) {
  const std::vector<std::string> names = names_in(folder);
  for (const std::string& name : names) {
    if (!name.starts_with(kGuardPrefix)) continue;
    const std::string_view id = std::string_view(name).substr(kGuardPrefix.size());
    if (!is_id(id)) continue;
    const auto guard = take_abandoned_guard(folder, name);
    if (!guard) continue;
    remove_staged(folder, id, names);
    ::unlinkat(folder.fd(), name.c_str(), 0);
  }
}

}  // namespace varve
