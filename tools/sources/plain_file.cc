#include "tools/sources/plain_file.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace varve {
namespace {

constexpr std::uint64_t kStatBlock = 512;

// No more than the file had at first: one that grows as fast as it is read would never end.
void fill(const File& file, std::uint64_t size, FileWriter& writer) {
  for (std::uint64_t offset = 0; offset < size;) {
    const MutableBytes room = writer.buffer();
    const std::size_t wanted = std::min<std::uint64_t>(room.size(), size - offset);
    const std::size_t count = file.read_at(offset, room.first(wanted));
    if (count == 0) return;  // it was cut short
    writer.produced(count);
    offset += count;
  }
}

}  // namespace

SnapshotBuilder::NewFile describe_plain_file(std::string path, const struct stat& status) {
  const auto size = static_cast<std::uint64_t>(status.st_size);
  return {.path = std::move(path),
          .mode = static_cast<std::uint32_t>(status.st_mode & 07777),
          .mtime = Timestamp{status.st_mtim.tv_sec},
          .chunking = Chunking::content,
          .size_hint = size,
          .mtime_nanoseconds = static_cast<std::uint32_t>(status.st_mtim.tv_nsec),
          .owner = Owner{status.st_uid, status.st_gid},
          .sparse = static_cast<std::uint64_t>(status.st_blocks) * kStatBlock < size};
}

void copy_plain_file(SnapshotBuilder& builder, const File& file, const FileStamp& before,
                     const SnapshotBuilder::NewFile& described) {
  ::posix_fadvise(file.fd(), 0, 0, POSIX_FADV_SEQUENTIAL);
  builder.add_file(described, [&](FileWriter& writer) { fill(file, before.size, writer); });
  if (stamp_of(file.status()) == before) return;
  builder.warn(
      fmt::format("{} changed while it was read: what was stored may mix several of its states; "
                  "ingest it again when nobody writes to it",
                  file.path().native()));
}

}  // namespace varve
