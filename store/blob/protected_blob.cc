#include "store/blob/protected_blob.h"

#include <algorithm>

#include "store/core/error.h"
#include "store/transform/digest.h"

namespace varve {
namespace {

constexpr std::uint64_t kHealedBytes = 4u << 20;  // of blocks that are kept

bool try_read(const Blob& blob, std::uint64_t offset, MutableBytes out) {
  try {
    blob.read_exact_at(offset, out);
    return true;
  } catch (const Error& error) {
    if (!is_damage(error)) throw;
    return false;
  }
}

}  // namespace

std::unique_ptr<ProtectedBlob> ProtectedBlob::open(const std::string& name,
                                                   std::unique_ptr<Blob> blob,
                                                   std::unique_ptr<Blob> sidecar) {
  const std::uint64_t size = sidecar->size();
  Bytes head(kSidecarHeadSize);
  for (const bool first : {true, false}) {
    if (size < head.size()) break;
    if (!try_read(*sidecar, first ? 0 : size - head.size(), head)) continue;
    const std::optional<ParityShape> shape = decode_sidecar_head(head, name);
    // Before memory is taken for a table: is there one?
    if (!shape || SidecarLayout(*shape).parity > size) continue;
    return std::unique_ptr<ProtectedBlob>(
        new ProtectedBlob(*shape, std::move(blob), std::move(sidecar)));
  }
  return nullptr;
}

ProtectedBlob::ProtectedBlob(const ParityShape& shape, std::unique_ptr<Blob> blob,
                             std::unique_ptr<Blob> sidecar)
    : shape_(shape),
      layout_(shape),
      blob_(std::move(blob)),
      sidecar_(std::move(sidecar)),
      checksums_(read_checksums()) {
  if (shape.stripes > 0) code_.emplace(shape.data_rows, shape.parity_rows);
}

std::vector<std::optional<std::uint64_t>> ProtectedBlob::read_checksums() const {
  const std::uint64_t blocks = shape_.all_blocks();
  std::vector<std::optional<std::uint64_t>> checksums(blocks);
  Bytes table(layout_.table_size);
  for (const std::uint64_t place : {layout_.first_table, layout_.second_table}) {
    if (!try_read(*sidecar_, place, table)) continue;
    const auto found = decode_sidecar_table(table, blocks);
    for (std::uint64_t i = 0; i < blocks; ++i) {
      if (!checksums[i]) checksums[i] = found[i];
    }
  }
  return checksums;
}

std::uint64_t ProtectedBlob::block_length(std::uint64_t number) const {
  return std::min<std::uint64_t>(shape_.block_size, shape_.blob_size - number * shape_.block_size);
}

// Block `number`, the parity's behind the data's; `block`: of a block's full size.
bool ProtectedBlob::read_from_disk(std::uint64_t number, MutableBytes block) const {
  if (number >= shape_.data_blocks()) {
    const std::uint64_t behind = number - shape_.data_blocks();
    return try_read(*sidecar_, layout_.parity + behind * shape_.block_size, block);
  }
  const std::uint64_t length = block_length(number);
  std::fill(block.begin() + static_cast<std::ptrdiff_t>(length), block.end(), std::byte{0});
  return blob_ && try_read(*blob_, number * shape_.block_size, block.first(length));
}

bool ProtectedBlob::is_proven(std::uint64_t block, ByteView bytes) const {
  return checksums_[block] == checksum(bytes);
}

ProtectedBlob::Found ProtectedBlob::read_block(std::uint64_t number, MutableBytes out) const {
  Bytes block(shape_.block_size);
  const bool is_there = read_from_disk(number, block);
  if (is_there && is_proven(number, block)) {
    std::copy_n(block.begin(), out.size(), out.begin());
    return Found::whole;
  }
  if (!heal(number, out)) return Found::lost;
  // Where the checksum is what was lost the block may be as it should be.
  const bool same = is_there && std::equal(out.begin(), out.end(), block.begin());
  return same ? Found::whole : Found::healed;
}

// All of a stripe's blocks that are damaged are healed at once, as what damages one often damages
// others.
bool ProtectedBlob::heal(std::uint64_t number, MutableBytes out) const {
  const std::lock_guard lock(mutex_);
  auto found = healed_.find(number);
  if (found == healed_.end()) {
    const std::uint64_t stripe = number % shape_.stripes;
    Stripe blocks = read_stripe(stripe);
    const std::vector<ByteView> rows(blocks.begin(), blocks.end());
    std::vector<ErasureCode::LostRow> lost;
    for (std::uint32_t row = 0; row < shape_.data_rows; ++row) {
      if (!blocks[row].empty()) continue;
      blocks[row].resize(shape_.block_size);
      lost.push_back({row, blocks[row]});
    }
    if (!code_->recover(rows, lost)) return false;
    if (healed_.size() * shape_.block_size > kHealedBytes) healed_.clear();
    for (const ErasureCode::LostRow& one : lost) {
      healed_[shape_.data_block(one.row, stripe)] = std::move(blocks[one.row]);
    }
    found = healed_.find(number);
  }
  if (found == healed_.end()) return false;
  // Proven blocks make nothing else; this is for memory that fails.
  if (checksums_[number] && !is_proven(number, found->second)) return false;
  std::copy_n(found->second.begin(), out.size(), out.begin());
  return true;
}

ProtectedBlob::Stripe ProtectedBlob::read_stripe(std::uint64_t stripe) const {
  Stripe blocks;
  for (std::uint32_t row = 0; row < shape_.data_rows + shape_.parity_rows; ++row) {
    Bytes block(shape_.block_size);
    const bool is_data = row < shape_.data_rows;
    const std::uint64_t number = is_data ? shape_.data_block(row, stripe)
                                         : shape_.parity_block(row - shape_.data_rows, stripe);
    if (is_data && number >= shape_.data_blocks()) {
      blocks.push_back(std::move(block));  // behind the blob's end: zeros
      continue;
    }
    if (!read_from_disk(number, block) || !is_proven(number, block)) block.clear();
    blocks.push_back(std::move(block));
  }
  return blocks;
}

void ProtectedBlob::read_unproven(std::uint64_t offset, MutableBytes out) const {
  if (!blob_) throw corrupt_error("a blob", "its file is missing");
  blob_->read_exact_at(offset, out);
}

void ProtectedBlob::read_exact_at(std::uint64_t offset, MutableBytes out) const {
  if (offset > shape_.blob_size || out.size() > shape_.blob_size - offset) {
    return read_unproven(offset, out);
  }
  Bytes block;
  while (!out.empty()) {
    const std::uint64_t number = offset / shape_.block_size;
    const std::uint64_t begin = offset - number * shape_.block_size;
    block.resize(block_length(number));
    const MutableBytes part = out.first(std::min<std::uint64_t>(out.size(), block.size() - begin));
    if (read_block(number, block) == Found::lost) {
      read_unproven(offset, part);
    } else {
      std::copy_n(block.begin() + static_cast<std::ptrdiff_t>(begin), part.size(), part.begin());
    }
    out = out.subspan(part.size());
    offset += part.size();
  }
}

}  // namespace varve
