#include "tests/fuzz/expect.h"
#include "tests/fuzz/targets.h"
#include "tools/config/config.h"

namespace varve::fuzz {

void job_file(ByteView input) {
  answer([&] { parse_config(std::string(as_text(input)), "varve.toml"); });
}

}  // namespace varve::fuzz
