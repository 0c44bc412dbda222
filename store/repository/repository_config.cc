#include "store/repository/repository_config.h"

#include <fmt/format.h>

#include <bit>

#include "store/core/error.h"
#include "store/transform/object.h"
#include "store/transform/parity_shape.h"
#include "store/transform/seal.h"

namespace varve {
namespace {

constexpr std::string_view kMagic = "VARVERP1";
constexpr std::uint32_t kVersionWithoutParity = 1;

bool is_sane(const RepositoryConfig& config) {
  return config.extent_size >= 4096 && config.extent_size <= kLargestChunk &&
         std::has_single_bit(config.extent_size) && config.max_extent_depth <= kDeepestChain &&
         config.max_stream_depth <= kDeepestChain && config.node_entries >= 2 &&
         config.node_entries <= UINT16_MAX && std::has_single_bit(config.stream_chunk_average) &&
         config.stream_chunk_average >= 1024 &&
         config.stream_chunk_average * std::uint64_t{4} <= kLargestChunk &&
         config.compression_level >= 1 && config.compression_level <= 19 &&
         config.parity_percent <= kMostParity;
}

// The lowest that says all of it, so that an older varve reads what it can.
std::uint32_t version_of(const RepositoryConfig& config) {
  return config.parity_percent == 0 ? kVersionWithoutParity : kFormatVersion;
}

}  // namespace

Bytes encode_config(const RepositoryConfig& config) {
  Encoder out;
  out.bytes(as_bytes(kMagic));
  out.u32(version_of(config));
  out.bytes(config.id.view());
  out.u32(config.extent_size);
  out.u32(config.max_extent_depth);
  out.u32(config.max_stream_depth);
  out.u32(config.node_entries);
  out.u32(config.stream_chunk_average);
  out.u32(config.compression_level);
  out.u64(config.fingerprint_seed);
  if (config.parity_percent > 0) out.u32(config.parity_percent);
  seal_record(out);
  return out.take();
}

RepositoryConfig decode_config(ByteView bytes) {
  // The version first: a newer format may be sealed or laid out in another way.
  Decoder front(bytes, "repository config");
  if (as_text(front.bytes(kMagic.size())) != kMagic)
    throw corrupt_error("repository config", "no magic");
  const std::uint32_t version = front.u32();
  if (version > kFormatVersion) {
    throw Error(
        ErrorCode::failed,
        fmt::format("the repository has format {}, this varve reads up to {}: use a newer varve",
                    version, kFormatVersion));
  }
  Decoder in(open_record(bytes, "repository config"), "repository config");
  in.bytes(kMagic.size() + sizeof kFormatVersion);
  RepositoryConfig config;
  config.id = RepositoryId::from(in.bytes(RepositoryId::size));
  config.extent_size = in.u32();
  config.max_extent_depth = in.u32();
  config.max_stream_depth = in.u32();
  config.node_entries = in.u32();
  config.stream_chunk_average = in.u32();
  config.compression_level = in.u32();
  config.fingerprint_seed = in.u64();
  if (version > kVersionWithoutParity) config.parity_percent = in.u32();
  in.finish();
  if (!is_sane(config) || version != version_of(config)) {
    throw corrupt_error("repository config", "a parameter is out of range");
  }
  return config;
}

}  // namespace varve
