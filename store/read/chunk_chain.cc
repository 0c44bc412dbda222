#include "store/read/chunk_chain.h"

#include <fmt/format.h>

#include "store/core/error.h"

namespace varve {
namespace {

// gc may move an object between the look-up and the read; it does so at most once in a while.
constexpr int kAttempts = 3;

Error missing(const std::string& what) {
  return corrupt_error(fmt::format("chunk {}", what), "it is missing from the repository");
}

}  // namespace

std::optional<StoredObject> ChainLoader::try_load(const std::optional<Location>& where) {
  if (!where) return std::nullopt;
  StoredObject object;
  if (packs_.read(*where, object) == PackReader::Found::no_pack) return std::nullopt;
  return object;
}

StoredObject ChainLoader::load(const ChunkRef& ref) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    std::optional<StoredObject> object = try_load(catalog_.find(key_of(ref)));
    if (object && ref_of(object->parsed.header.id) == ref) return std::move(*object);
    object = try_load(catalog_.find_crowded(ref));
    if (object && ref_of(object->parsed.header.id) == ref) return std::move(*object);
  }
  throw missing(to_hex(ref.view()));
}

StoredObject ChainLoader::load_base(ChunkKey key) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    std::optional<StoredObject> object = try_load(catalog_.find(key));
    if (object && key_of(object->parsed.header.id) == key) return std::move(*object);
  }
  throw missing(fmt::format("{:016x}… (a delta's base)", key.value));
}

void expect_base_below(const ObjectHeader& delta, const ObjectHeader& base) {
  if (base.depth >= delta.depth || base.crowded || base.kind != delta.kind) {
    throw corrupt_error(fmt::format("chunk {}", to_hex(delta.id.view())),
                        "its base is no base for it");
  }
}

std::vector<ChainLink> ChainLoader::load_chain(const ChunkRef& ref, Decompressor& decompressor) {
  std::vector<StoredObject> objects;
  objects.push_back(load(ref));
  while (objects.back().parsed.header.codec == Codec::delta) {
    StoredObject base = load_base(objects.back().parsed.header.base);
    expect_base_below(objects.back().parsed.header, base.parsed.header);
    objects.push_back(std::move(base));
  }
  std::vector<ChainLink> chain(objects.size());
  for (std::size_t i = objects.size(); i-- > 0;) {
    const ObjectHeader& header = objects[i].parsed.header;
    chain[i].header = header;
    chain[i].plain.resize(header.plain_length);
    const ByteView base = i + 1 < chain.size() ? ByteView(chain[i + 1].plain) : ByteView();
    decompressor.decode(header.codec, objects[i].stored(), base, chain[i].plain);
  }
  return chain;
}

std::optional<ChainLoader::Known> ChainLoader::look_up(const ChunkRef& ref) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const std::optional<Location> where = catalog_.find(key_of(ref));
    if (!where) return std::nullopt;
    ParsedObject parsed;
    if (packs_.read_header(*where, parsed) == PackReader::Found::no_pack) continue;
    if (ref_of(parsed.header.id) == ref) return Known{parsed.header.id, *where};
    const std::optional<Location> apart = catalog_.find_crowded(ref);
    if (!apart) return std::nullopt;
    if (packs_.read_header(*apart, parsed) == PackReader::Found::no_pack) continue;
    return Known{parsed.header.id, *apart};
  }
  return std::nullopt;
}

}  // namespace varve
