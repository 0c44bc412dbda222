#include "tests/support/told_pack.h"

#include "store/transform/pack_format.h"

namespace varve {

ChunkRef ToldPack::add(const ObjectHeader& header, ByteView stored) {
  const std::size_t before = objects_.size();
  encode_object(objects_, header, stored);
  const auto length = static_cast<std::uint32_t>(objects_.size() - before);
  rows_.push_back({ref_of(header.id), kPackHeaderSize + before, length, false});
  return ref_of(header.id);
}

Bytes ToldPack::file(const PackId& id) const {
  Bytes bytes = encode_pack_header(id);
  bytes.insert(bytes.end(), objects().begin(), objects().end());
  std::vector<std::uint32_t> lengths;
  for (const ChunkRow& row : rows_) lengths.push_back(row.length);
  const Bytes footer = encode_pack_footer(lengths);
  bytes.insert(bytes.end(), footer.begin(), footer.end());
  return bytes;
}

NewPack ToldPack::row(const PackId& id) const {
  NewPack pack;
  pack.id = id;
  pack.size = file(id).size();
  pack.chunks = rows_;
  return pack;
}

ChunkId told_id(unsigned number) {
  ChunkId id;
  id.bytes.fill(static_cast<std::byte>(number));
  return id;
}

ObjectHeader told_delta(unsigned id, unsigned base, std::uint8_t depth,
                        std::uint32_t plain_length) {
  ObjectHeader header;
  header.codec = Codec::delta;
  header.depth = depth;
  header.id = told_id(id);
  header.base = key_of(told_id(base));
  header.plain_length = plain_length;
  return header;
}

}  // namespace varve
