#include "store/catalog/seen_generation.h"

#include <array>

#include "store/core/encoding.h"
#include "store/core/error.h"

namespace varve {
namespace {

constexpr std::size_t kSize = 16;  // bytes

}  // namespace

std::optional<std::uint64_t> SeenGeneration::read() const noexcept {
  try {
    const std::optional<File> file = File::open_if_exists(file_);
    std::array<std::byte, kSize> bytes{};
    if (!file || file->read_at(0, bytes) != kSize) return std::nullopt;
    Decoder decoder(bytes, "the generation that was seen");
    const std::uint64_t generation = decoder.u64();
    if (decoder.u64() != ~generation) return std::nullopt;
    return generation;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

void SeenGeneration::tell(std::uint64_t generation) const noexcept {
  try {
    Encoder encoder;
    encoder.u64(generation);
    encoder.u64(~generation);
    File file = File::open_or_create(file_);
    file.write_all_at(0, encoder.buffer());
    file.sync();
  } catch (const std::exception&) {
    // it says too little now
  }
}

}  // namespace varve
