// libFuzzer's entry (https://llvm.org/docs/LibFuzzer.html): a program for one target, whose name is
// compiled in.
#include <cstdint>
#include <cstdlib>

#include "tests/fuzz/targets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  varve::fuzz::VARVE_FUZZ_TARGET(std::as_bytes(std::span(bytes, size)));
  return 0;
}
