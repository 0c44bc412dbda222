#include "tools/sources/stream_source.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tools/sources/source_file.h"

namespace varve {
namespace {

constexpr mode_t kPermissionBits = 0777;
constexpr std::uint8_t kFingerprintVersion = 1;

StampedIdentity look_at(const Path& path) {
  StampedIdentity found;
  found.stamps.push_back(stamp_of(require_source_file(path)));
  Encoder out;
  out.u8(kFingerprintVersion);
  encode(out, found.stamps.back());
  found.identity = out.take();
  return found;
}

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

StreamSource::StreamSource(const Path& path, std::string name)
    : path_(std::filesystem::absolute(path).lexically_normal()), name_(std::move(name)) {}

Bytes StreamSource::fingerprint() {
  return settled_identity([&] { return look_at(path_); });
}

void StreamSource::open() {
  require_source_file(path_);
  file_ = File::open_read(path_);
  status_ = file_->status();
  moment_ = Timestamp::now();
  ::posix_fadvise(file_->fd(), 0, 0, POSIX_FADV_SEQUENTIAL);
}

SourceInfo StreamSource::copy(SnapshotBuilder& builder) {
  const FileStamp before = stamp_of(status_);
  const SnapshotBuilder::NewFile file{.path = name_,
                                      .mode = status_.st_mode & kPermissionBits,
                                      .mtime = Timestamp{status_.st_mtim.tv_sec},
                                      .chunking = Chunking::content,
                                      .size_hint = before.size};
  builder.add_file(file, [&](FileWriter& writer) { fill(*file_, before.size, writer); });
  if (stamp_of(file_->status()) != before) {
    builder.warn(
        fmt::format("{} changed while it was read: what was stored may mix several of "
                    "its states; ingest it again when nobody writes to it",
                    path_.string()));
  }
  file_.reset();
  return SourceInfo{.name = name_,
                    .kind = kind(),
                    .location = location(),
                    .moment = moment_,
                    .facts = {},
                    .fingerprint = {}};
}

}  // namespace varve
