#include "store/repository/repository_config.h"
#include "tests/fuzz/expect.h"
#include "tests/fuzz/mended.h"
#include "tests/fuzz/targets.h"

namespace varve::fuzz {

void config(ByteView input) {
  answer([&] { decode_config(input); });
  answer([&] {
    const Bytes sealed = with_seal(input);
    const Bytes again = encode_config(decode_config(sealed));
    must(again.size() == sealed.size(), "a configuration is written in another way");
  });
}

}  // namespace varve::fuzz
