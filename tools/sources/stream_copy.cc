#include "tools/sources/stream_copy.h"

namespace varve {
namespace {

constexpr std::uint32_t kMode = 0600;

}  // namespace

std::uint64_t copy_stream(SnapshotBuilder& builder, const std::string& path, Timestamp moment,
                          const std::function<std::size_t(MutableBytes out)>& read) {
  std::uint64_t size = 0;
  const SnapshotBuilder::NewFile file{
      .path = path, .mode = kMode, .mtime = moment, .chunking = Chunking::content};
  builder.add_file(file, [&](FileWriter& writer) {
    while (const std::size_t count = read(writer.buffer())) {
      writer.produced(count);
      size += count;
    }
  });
  return size;
}

}  // namespace varve
