#include "tools/sources/file_stamp.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "store/core/error.h"

namespace varve {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr nanoseconds kTwoTicks = std::chrono::milliseconds(20);
constexpr nanoseconds kTwoCoarseSeconds = seconds(2);

nanoseconds since_epoch(const timespec& time) {
  return seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

bool all_settled(const std::vector<FileStamp>& stamps, nanoseconds now) {
  return std::ranges::all_of(stamps, [now](const FileStamp& s) { return is_settled(s, now); });
}

}  // namespace

FileStamp stamp_of(const struct stat& status) {
  return {.device = status.st_dev,
          .inode = status.st_ino,
          .size = static_cast<std::uint64_t>(status.st_size),
          .written = since_epoch(status.st_mtim),
          .changed = since_epoch(status.st_ctim)};
}

std::optional<FileStamp> stamp_of(const Path& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) == 0) return stamp_of(status);
  if (errno == ENOENT) return std::nullopt;
  throw system_error(errno, fmt::format("cannot look at {}", path.string()));
}

nanoseconds settling_time(const FileStamp& stamp) {
  const bool whole_seconds =
      stamp.written % seconds(1) == nanoseconds(0) && stamp.changed % seconds(1) == nanoseconds(0);
  return whole_seconds ? kTwoCoarseSeconds : kTwoTicks;
}

bool is_settled(const FileStamp& stamp, nanoseconds now) {
  return std::max(stamp.written, stamp.changed) + settling_time(stamp) < now;
}

nanoseconds system_time() {
  return std::chrono::duration_cast<nanoseconds>(
      std::chrono::system_clock::now().time_since_epoch());
}

void encode(Encoder& out, const FileStamp& stamp) {
  out.varint(stamp.device);
  out.varint(stamp.inode);
  out.varint(stamp.size);
  out.zigzag(stamp.written.count());
  out.zigzag(stamp.changed.count());
}

Bytes settled_identity(const std::function<StampedIdentity()>& look) {
  // The time is taken first: a write after the look gets a stamp of this time or later.
  const nanoseconds first_look = system_time();
  StampedIdentity found = look();
  if (all_settled(found.stamps, first_look)) return std::move(found.identity);
  if (!all_settled(found.stamps, first_look + 2 * kTwoTicks)) return {};
  std::this_thread::sleep_for(2 * kTwoTicks);
  const nanoseconds second_look = system_time();
  found = look();
  return all_settled(found.stamps, second_look) ? std::move(found.identity) : Bytes();
}

}  // namespace varve
