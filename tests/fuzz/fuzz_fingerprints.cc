#include "store/core/encoding.h"
#include "store/ingest/fingerprint_table.h"
#include "tests/fuzz/expect.h"
#include "tests/fuzz/mended.h"
#include "tests/fuzz/scratch_file.h"
#include "tests/fuzz/targets.h"

namespace varve::fuzz {
namespace {

constexpr std::size_t kHead = 40;          // bytes
constexpr std::size_t kBlock = 1024 * 16;  // without its checksum

Bytes mended(ByteView input) {
  if (input.size() < kHead) return {input.begin(), input.end()};
  Bytes bytes = with_seal(input.first(kHead));
  for (ByteView rest = input.subspan(kHead); !rest.empty();) {
    const ByteView block = rest.first(std::min(rest.size(), kBlock + 8));
    const Bytes sealed = with_seal(block);
    bytes.insert(bytes.end(), sealed.begin(), sealed.end());
    rest = rest.subspan(block.size());
  }
  return bytes;
}

}  // namespace

void fingerprints(ByteView input) {
  answer([&] {
    const ScratchFile scratch(mended(input));
    const auto table = FingerprintTable::open(scratch.path(), ChunkRef{});
    if (!table) return;
    for (const std::uint64_t index : {0ULL, 1ULL, 1023ULL, 1024ULL, 1ULL << 40, ~0ULL}) {
      table->at(index);
    }
  });
}

}  // namespace varve::fuzz
