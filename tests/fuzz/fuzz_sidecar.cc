#include <algorithm>

#include "store/blob/protected_blob.h"
#include "tests/fuzz/expect.h"
#include "tests/fuzz/mended.h"
#include "tests/fuzz/targets.h"
#include "tests/support/bytes_blob.h"

namespace varve::fuzz {
namespace {

constexpr const char* kName = "packs/00/0000000000000000";
constexpr std::uint64_t kRead = 4096;  // bytes, at each place
constexpr std::uint64_t kBlocks = 8;   // that are looked at

void look_at_frame(ByteView sidecar) {
  const ByteView head = sidecar.first(std::min(sidecar.size(), kSidecarHeadSize));
  if (const auto shape = decode_sidecar_head(head, kName)) {
    const Bytes again = encode_sidecar_head(*shape, kName);
    must(std::equal(again.begin(), again.end(), head.begin(), head.end()), "another head");
    must(!decode_sidecar_head(head, "packs/another"), "another blob's");
  }
  for (const std::uint64_t blocks : {std::uint64_t{1}, std::uint64_t{600}}) {
    must(decode_sidecar_table(sidecar, blocks).size() == blocks, "a table's length");
  }
}

void look_at_blocks(const ProtectedBlob& read, ByteView blob) {
  const ParityShape& shape = read.shape();
  for (std::uint64_t block = 0; block < std::min(kBlocks, shape.data_blocks()); ++block) {
    Bytes out(read.block_length(block));
    if (read.read_block(block, out) != ProtectedBlob::Found::whole) continue;
    const std::uint64_t at = block * shape.block_size;
    must(at + out.size() <= blob.size() &&
             std::equal(out.begin(), out.end(), blob.begin() + static_cast<std::ptrdiff_t>(at)),
         "a whole block that is not the blob's");
  }
}

void read_some(const ProtectedBlob& read) {
  const std::uint64_t size = read.shape().blob_size;
  for (const std::uint64_t offset : {std::uint64_t{0}, size / 2, size - std::min(size, kRead)}) {
    Bytes out(std::min(kRead, size - offset));
    answer([&] { read.read_exact_at(offset, out); });
  }
}

}  // namespace

// blob's length u16 | blob | its sidecar
void sidecar(ByteView input) {
  answer([&] {
    Decoder in(input, "input");
    const ByteView front = in.bytes(in.u16());
    const Bytes blob(front.begin(), front.end());
    const Bytes sidecar = mended_sidecar(in.bytes(in.left()), kName);
    look_at_frame(sidecar);
    if (const auto read = ProtectedBlob::open(kName, std::make_unique<BytesBlob>(blob),
                                              std::make_unique<BytesBlob>(sidecar))) {
      look_at_blocks(*read, blob);
      read_some(*read);
    }
    if (const auto read =
            ProtectedBlob::open(kName, nullptr, std::make_unique<BytesBlob>(sidecar))) {
      read_some(*read);
    }
  });
}

}  // namespace varve::fuzz
