#include "store/transform/seal.h"

#include "store/core/error.h"
#include "store/transform/digest.h"

namespace varve {
namespace {

constexpr std::size_t kSealSize = 8;

}  // namespace

void seal_record(Encoder& out) { out.u64(checksum(out.buffer())); }

ByteView open_record(ByteView sealed, std::string_view what) {
  if (sealed.size() < kSealSize) throw corrupt_error(std::string(what), "it is cut short");
  const ByteView body = sealed.first(sealed.size() - kSealSize);
  Decoder in(sealed.last(kSealSize), what);
  if (in.u64() != checksum(body)) throw corrupt_error(std::string(what), "its checksum differs");
  return body;
}

}  // namespace varve
