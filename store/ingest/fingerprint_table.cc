#include "store/ingest/fingerprint_table.h"

#include "store/core/encoding.h"
#include "store/core/error.h"

namespace varve {
namespace {

constexpr std::string_view kMagic = "VARVEFP1";
constexpr std::size_t kHeaderSize = 8 + ChunkRef::size + 8 + 8;
constexpr std::size_t kBlockEntries = 1024;
constexpr std::size_t kBlockSize = kBlockEntries * Fingerprint::size + 8;
constexpr std::size_t kKeptBlocks = 4;

std::uint64_t block_offset(std::uint64_t number) { return kHeaderSize + number * kBlockSize; }

Bytes encode_header(const ChunkRef& root, std::uint64_t count) {
  Encoder out;
  out.bytes(as_bytes(kMagic));
  out.bytes(root.view());
  out.u64(count);
  out.u64(checksum(out.buffer()));
  return out.take();
}

// What is no file is no cache either.
std::optional<File> open_cache(const Path& path) {
  try {
    return File::open_if_exists(path);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt) throw;
    return std::nullopt;
  }
}

}  // namespace

std::unique_ptr<FingerprintTable> FingerprintTable::open(const Path& path, const ChunkRef& root) {
  std::optional<File> file = open_cache(path);
  if (!file) return nullptr;
  Bytes header(kHeaderSize);
  if (file->read_at(0, header) != header.size()) return nullptr;
  Decoder in(ByteView(header).subspan(kMagic.size() + ChunkRef::size), "fingerprint table");
  const std::uint64_t count = in.u64();
  if (header != encode_header(root, count)) return nullptr;
  return std::unique_ptr<FingerprintTable>(new FingerprintTable(std::move(*file), count));
}

std::shared_ptr<const FingerprintTable::Block> FingerprintTable::block(std::uint64_t number) const {
  const std::lock_guard lock(mutex_);
  if (const auto found = blocks_.find(number); found != blocks_.end()) return found->second;
  const std::uint64_t first = number * kBlockEntries;
  const std::size_t entries = std::min<std::uint64_t>(kBlockEntries, count_ - first);
  Bytes bytes(entries * Fingerprint::size + 8);
  auto loaded = std::make_shared<Block>();
  if (file_.read_at(block_offset(number), bytes) == bytes.size()) {
    const ByteView body = ByteView(bytes).first(bytes.size() - 8);
    Decoder in(ByteView(bytes).last(8), "fingerprint block");
    if (in.u64() == checksum(body)) {
      for (std::size_t i = 0; i < entries; ++i) {
        loaded->push_back(Fingerprint::from(body.subspan(i * Fingerprint::size)));
      }
    }
  }
  blocks_[number] = loaded;
  if (blocks_.size() > kKeptBlocks) blocks_.erase(blocks_.begin());
  return loaded;
}

std::optional<Fingerprint> FingerprintTable::at(std::uint64_t index) const {
  if (index >= count_) return std::nullopt;
  const std::shared_ptr<const Block> found = block(index / kBlockEntries);
  const std::size_t slot = index % kBlockEntries;
  if (slot >= found->size()) return std::nullopt;
  return (*found)[slot];
}

File& FingerprintTableWriter::file() {
  if (!file_) file_.emplace(path_);
  return file_->file();
}

void FingerprintTableWriter::add(std::uint64_t index, const Fingerprint& fingerprint) {
  const std::lock_guard lock(mutex_);
  count_ = std::max(count_, index + 1);
  const std::uint64_t number = index / kBlockEntries;
  Block& block = blocks_[number];
  const std::size_t slot = index % kBlockEntries;
  if (block.entries.size() <= slot) block.entries.resize(slot + 1);
  block.entries[slot] = fingerprint;
  if (++block.filled < kBlockEntries) return;
  write_block(number, block.entries);
  blocks_.erase(number);
}

void FingerprintTableWriter::write_block(std::uint64_t number,
                                         const std::vector<Fingerprint>& entries) {
  Encoder out;
  for (const Fingerprint& entry : entries) out.bytes(entry.view());
  out.u64(checksum(out.buffer()));
  file().write_all_at(block_offset(number), out.buffer());
}

void FingerprintTableWriter::finish(const ChunkRef& root) {
  const std::lock_guard lock(mutex_);
  for (const auto& [number, block] : blocks_) write_block(number, block.entries);
  file().write_all_at(0, encode_header(root, count_));
  file_->publish_unsynced();
}

}  // namespace varve
