// What the kernel says about a file's state: the cheap half of "has it changed?".
//
// Two equal stamps mean that nobody wrote to the file in between, provided that the first one
// was settled when it was taken: the kernel stamps files with a clock that ticks every 4 to
// 10 ms, so a write in the same tick as an earlier one leaves the stamp as it was. A stamp is
// settled once its times lie further back than two of the longest ticks. File systems that
// keep whole seconds only (both nanosecond parts are 0) get two seconds, the coarsest in use.
//
// Out of scope: writers that set the times back (utimensat and a changed system clock), and
// writes through a shared mapping that the kernel has not stamped yet. SQLite does neither.
#pragma once

#include <sys/stat.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "store/core/encoding.h"
#include "store/core/file.h"

namespace varve {

struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;              // bytes
  std::chrono::nanoseconds written{};  // st_mtim, since 1970
  std::chrono::nanoseconds changed{};  // st_ctim
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

FileStamp stamp_of(const struct stat& status);
// Nothing where there is no such file. Throws an io Error for every other failure.
std::optional<FileStamp> stamp_of(const Path& path);

// How long a stamp must lie back before it is settled.
std::chrono::nanoseconds settling_time(const FileStamp& stamp);
// `now` is the time since 1970. Times in the future never settle.
bool is_settled(const FileStamp& stamp, std::chrono::nanoseconds now);
std::chrono::nanoseconds system_time();

void encode(Encoder& out, const FileStamp& stamp);

// Bytes that name the state of some files, and the stamps that they rest on.
struct StampedIdentity {
  Bytes identity;
  std::vector<FileStamp> stamps;
};

// What `look` finds, or nothing while its stamps are not settled. Where a tick or two settle
// them it waits for that, once, and looks again: a file that was written a moment ago and then
// left alone is recognised the next time.
Bytes settled_identity(const std::function<StampedIdentity()>& look);

}  // namespace varve
