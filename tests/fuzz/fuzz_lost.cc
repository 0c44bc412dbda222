#include "store/repository/losses.h"
#include "tests/fuzz/expect.h"
#include "tests/fuzz/mended.h"
#include "tests/fuzz/targets.h"

namespace varve::fuzz {

void lost(ByteView input) {
  answer([&] {
    const LostKeys keys = decode_lost(with_seal(input));
    must(decode_lost(encode_lost(keys)) == keys, "the list does not come back");
  });
}

}  // namespace varve::fuzz
