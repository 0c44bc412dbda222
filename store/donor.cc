#include "store/donor.h"

#include "store/core/error.h"

namespace varve {

ChunkBytes Donor::chunk(const ChunkRef& ref) {
  try {
    return repository_->chunks().read(ref, ChunkReader::Check::id);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt) throw;  // it says "missing" too
    return nullptr;
  }
}

std::optional<Donor::Base> Donor::base(ChunkKey key) {
  try {
    ChainLoader chains(repository_->catalog(), repository_->packs());
    const ObjectHeader header = chains.load_base(key).parsed.header;
    if (header.crowded) return std::nullopt;
    ChunkBytes plain = chunk(ref_of(header.id));
    if (!plain) return std::nullopt;
    return Base{header.id, header.kind, std::move(plain)};
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt) throw;
    return std::nullopt;
  }
}

}  // namespace varve
