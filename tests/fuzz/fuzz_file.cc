#include <algorithm>

#include "store/read/file_reader.h"
#include "tests/fuzz/expect.h"
#include "tests/fuzz/memory_repository.h"
#include "tests/fuzz/targets.h"

namespace varve::fuzz {
namespace {

constexpr std::size_t kRead = 64u << 10;
constexpr std::size_t kBatches = 64;

FileEntry entry_from(Decoder& in, const ChunkRef& root) {
  FileEntry entry;
  entry.path = "file";
  entry.levels = in.u8();
  entry.chunking = in.u8() % 2 == 0 ? Chunking::extents : Chunking::content;
  entry.extent_size = in.u32() % (kLargestChunk + 1);
  entry.size = in.u64();
  entry.root = root;
  return entry;
}

void read_some(FileReader& reader) {
  Bytes out(kRead);
  const std::size_t count = reader.read(0, out);
  must(count == std::min<std::uint64_t>(out.size(), reader.size()), "a short read");
  for (const std::uint64_t offset : {reader.size() / 2, reader.size() - 1}) {
    answer([&] {
      const FileReader::Piece piece = reader.piece_at(offset);
      must(piece.offset <= offset && offset - piece.offset < piece.length, "a piece elsewhere");
      reader.load(piece);
    });
  }
}

struct Enough {};

}  // namespace

// levels u8 | chunking u8 | extent size u32 | size u64 | objects, the last of them the root
void file(ByteView input) {
  answer([&] {
    Decoder in(input, "input");
    Decoder head(in.bytes(14), "head");
    MemoryRepository repository(in.bytes(in.left()));
    if (repository.entries().empty()) return;
    const ChunkRef root = ref_of(repository.entries().back().parsed.header.id);
    const FileEntry entry = entry_from(head, root);
    if (entry.size == 0) return;
    for (const auto check : {ChunkReader::Check::stored, ChunkReader::Check::id}) {
      answer([&] {
        FileReader reader(repository.chunks(), entry, check);
        read_some(reader);
        std::size_t left = kBatches;
        try {
          reader.stream(
              [&](ByteView) {
                if (--left == 0) throw Enough();
              },
              1);
        } catch (const Enough&) {
          return;
        }
      });
    }
  });
}

}  // namespace varve::fuzz
