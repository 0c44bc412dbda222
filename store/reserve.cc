#include "store/reserve.h"

#include <sys/statvfs.h>

#include <cerrno>

#include "store/core/error.h"
#include "store/core/ids.h"

namespace varve {
namespace {

constexpr std::uint64_t kNearlyFull = 2u << 20;   // bytes free
constexpr std::uint64_t kRoomEnough = 16u << 20;  // bytes free

Path reserve_of(const Path& repository) { return repository / "reserve"; }

std::uint64_t free_bytes(const Path& folder) {
  struct statvfs status {};
  if (::statvfs(folder.c_str(), &status) != 0) {
    throw system_error(errno, "cannot ask for the free space of " + folder.native());
  }
  return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

}  // namespace

void make_reserve(const Path& repository) {
  if (std::filesystem::exists(reserve_of(repository))) return;
  if (free_bytes(repository) < kRoomEnough) return;
  Bytes bytes(kReserveBytes);
  fill_random(bytes);  // a filesystem that compresses must not make it small
  write_file_atomically(reserve_of(repository), bytes);
}

bool free_reserve(const Path& repository) { return remove_file(reserve_of(repository)); }

bool is_nearly_full(const Path& repository) { return free_bytes(repository) < kNearlyFull; }

}  // namespace varve
