#include "store/blob/sidecar.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/core/error.h"
#include "store/transform/digest.h"
#include "store/transform/erasure_code.h"
#include "store/transform/sidecar_format.h"

namespace varve {
namespace {

constexpr std::uint64_t kWindow = 4u << 20;  // bytes of a blob that are encoded at once

// Encodes a blob, one window of all its rows after the other.
class Encoding {
 public:
  Encoding(const ParityShape& shape, const ReadAt& read)
      : shape_(shape),
        read_(read),
        code_(shape.data_rows, shape.parity_rows),
        checksums_(shape.all_blocks()),
        parity_(shape.parity_blocks() * shape.block_size) {}

  void run() {
    const std::uint64_t blocks =
        std::max<std::uint64_t>(1, kWindow / shape_.data_rows / shape_.block_size);
    const std::uint64_t longest = std::min(blocks * shape_.block_size, shape_.row_size());
    window_.resize(longest * shape_.data_rows);
    for (std::uint64_t at = 0; at < shape_.row_size(); at += longest) {
      encode(at, std::min(longest, shape_.row_size() - at));
    }
  }

  const std::vector<std::uint64_t>& checksums() const noexcept { return checksums_; }
  const Bytes& parity() const noexcept { return parity_; }

 private:
  // `length` bytes from `at` in every row.
  void encode(std::uint64_t at, std::uint64_t length) {
    std::vector<ByteView> data;
    std::vector<MutableBytes> parity;
    for (std::uint32_t row = 0; row < shape_.data_rows; ++row) {
      const MutableBytes bytes = MutableBytes(window_).subspan(row * length, length);
      fill(row * shape_.row_size() + at, bytes);
      note_checksums(shape_.data_block(row, at / shape_.block_size), shape_.data_blocks(), bytes);
      data.emplace_back(bytes);
    }
    for (std::uint32_t row = 0; row < shape_.parity_rows; ++row) {
      parity.push_back(MutableBytes(parity_).subspan(row * shape_.row_size() + at, length));
    }
    code_.encode(data, parity);
    for (std::uint32_t row = 0; row < shape_.parity_rows; ++row) {
      const std::uint64_t first = shape_.parity_block(row, at / shape_.block_size);
      note_checksums(first, checksums_.size(), parity[row]);
    }
  }

  // Behind the blob's end there are zeros.
  void fill(std::uint64_t offset, MutableBytes out) {
    const std::uint64_t there = offset < shape_.blob_size ? shape_.blob_size - offset : 0;
    const MutableBytes front = out.first(std::min<std::uint64_t>(out.size(), there));
    if (!front.empty()) read_(offset, front);
    std::fill(out.begin() + static_cast<std::ptrdiff_t>(front.size()), out.end(), std::byte{0});
  }

  // `end`: the last row of the blob may lack some blocks.
  void note_checksums(std::uint64_t block, std::uint64_t end, ByteView bytes) {
    for (; !bytes.empty() && block < end; bytes = bytes.subspan(shape_.block_size)) {
      checksums_[block++] = checksum(bytes.first(shape_.block_size));
    }
  }

  const ParityShape& shape_;
  const ReadAt& read_;
  const ErasureCode code_;
  std::vector<std::uint64_t> checksums_;
  Bytes parity_;
  Bytes window_;
};

}  // namespace

Bytes make_sidecar(const std::string& blob_name, std::uint64_t blob_size, std::uint32_t percent,
                   const ReadAt& read) {
  if (blob_size > kLargestProtected) {
    throw Error(ErrorCode::failed, fmt::format("{} has {} bytes: parity is made of at most {}",
                                               blob_name, blob_size, kLargestProtected));
  }
  const ParityShape shape = parity_shape(blob_size, percent);
  const Bytes head = encode_sidecar_head(shape, blob_name);
  Bytes table;
  Bytes sidecar = head;
  if (shape.stripes > 0) {
    Encoding encoding(shape, read);
    encoding.run();
    table = encode_sidecar_table(encoding.checksums());
    sidecar.insert(sidecar.end(), table.begin(), table.end());
    sidecar.insert(sidecar.end(), encoding.parity().begin(), encoding.parity().end());
  }
  sidecar.insert(sidecar.end(), table.begin(), table.end());
  sidecar.insert(sidecar.end(), head.begin(), head.end());
  return sidecar;
}

}  // namespace varve
