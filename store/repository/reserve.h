// Bytes that nobody needs, so that forget and gc can give some back where a full disk leaves them
// none to work with: REPO/reserve.
//
// They take a few hundred KiB: the catalog's journal, and what it shares with other processes. What
// they give back first becomes the reserve again, so that the next full disk is none that ends
// here. A smaller reserve is better than none.
#pragma once

#include "store/core/error.h"
#include "store/core/file.h"

namespace varve {

inline constexpr std::uint64_t kReserveBytes = 1u << 20;

// Makes it as large as that, or as large as the disk has room for. On a full disk it does nothing.
void make_reserve(const Path& repository);
// False: there was none.
bool free_reserve(const Path& repository);
// Whether the filesystem has so little room that the reserve had better be freed first.
bool is_nearly_full(const Path& repository);

// Runs `work`, with the reserve's bytes where the disk is full: again, if it was begun without
// them. Makes the reserve again afterwards, out of what there is, whether it threw or not.
template <class Work>
auto with_reserve(const Path& repository, const Work& work) {
  struct Making {
    const Path& repository;
    ~Making() {
      try {
        make_reserve(repository);
      } catch (const std::exception&) {
        // Then the next one makes it.
      }
    }
  };
  const Making again{repository};
  if (is_nearly_full(repository)) free_reserve(repository);
  try {
    return work();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::no_space || !free_reserve(repository)) throw;
  }
  return work();
}

}  // namespace varve
