#include <algorithm>

#include "store/core/encoding.h"
#include "store/transform/codec.h"
#include "tests/fuzz/expect.h"
#include "tests/fuzz/targets.h"

namespace varve::fuzz {

// codec u8 | plain length u32 | base length u16 | base | frame
void codec(ByteView input) {
  answer([&] {
    Decoder in(input, "input");
    const auto kind = static_cast<Codec>(in.u8() % 3);
    Bytes plain(in.u32() % (kLargestChunk + 1));
    const ByteView base = in.bytes(std::min<std::size_t>(in.u16(), in.left()));
    const ByteView frame = in.bytes(in.left());
    static Decompressor decompressor;  // as readers have it: one damaged frame after the other
    decompressor.decode(kind, frame, base, plain);
    // What was decoded can be stored again, and comes back.
    static Compressor compressor(3);
    const Compressor::Result again = compressor.delta(plain, base);
    Bytes twice(plain.size());
    decompressor.decode(again.codec, again.stored, base, twice);
    must(twice == plain, "a delta does not come back");
  });
}

}  // namespace varve::fuzz
