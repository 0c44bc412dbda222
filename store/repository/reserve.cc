#include "store/repository/reserve.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "store/core/ids.h"

namespace varve {
namespace {

constexpr std::uint64_t kNearlyFull = 2u << 20;  // bytes free
constexpr std::uint64_t kLeftOver = 32u << 10;   // bytes that the reserve leaves free

Path reserve_of(const Path& repository) { return repository / "reserve"; }

std::uint64_t free_bytes(const Path& folder) {
  struct statvfs status {};
  if (::statvfs(folder.c_str(), &status) != 0) {
    throw system_error(errno, "cannot ask for the free space of " + folder.native());
  }
  return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

// A filesystem that compresses must not make it small.
Bytes random_bytes(std::uint64_t size) {
  constexpr std::size_t kAtOnce = 256;
  Bytes bytes(static_cast<std::size_t>(size));
  for (std::size_t at = 0; at < bytes.size(); at += kAtOnce) {
    fill_random(MutableBytes(bytes).subspan(at, std::min(kAtOnce, bytes.size() - at)));
  }
  return bytes;
}

}  // namespace

void make_reserve(const Path& repository) {
  std::error_code absent;
  const std::uint64_t there = std::filesystem::file_size(reserve_of(repository), absent);
  const std::uint64_t present = absent ? 0 : there;
  const std::uint64_t free = free_bytes(repository);
  if (present >= kReserveBytes || free <= kLeftOver) return;
  try {
    File file = File::open_or_create(reserve_of(repository));
    file.write_all_at(present, random_bytes(std::min(kReserveBytes - present, free - kLeftOver)));
    file.sync();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::no_space) throw;  // somebody was faster; what came is kept
  }
}

bool free_reserve(const Path& repository) { return remove_file(reserve_of(repository)); }

bool is_nearly_full(const Path& repository) { return free_bytes(repository) < kNearlyFull; }

}  // namespace varve
