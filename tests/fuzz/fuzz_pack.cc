#include "store/blob/pack_reader.h"
#include "tests/fuzz/expect.h"
#include "tests/fuzz/memory_repository.h"
#include "tests/fuzz/targets.h"

namespace varve::fuzz {
namespace {

void read_all(PackReader& packs, const std::vector<PackEntry>& entries) {
  for (const PackEntry& entry : entries) {
    answer([&] {
      StoredObject object;
      packs.read({kPack, entry.offset, entry.length}, object);
      must(object.stored().size() == object.parsed.header.stored_length, "an object's length");
    });
  }
}

}  // namespace

void pack(ByteView input) {
  MemoryBlobs blobs(mended_pack(input));
  PackReader packs(blobs);
  answer([&] { read_all(packs, packs.entries(kPack)); });
  answer([&] {
    const std::vector<PackEntry> found = packs.scan(kPack);
    read_all(packs, found);
    for (const PackEntry& entry : found) must(entry.offset + entry.length <= input.size(), "scan");
  });
  // As a damaged catalog could say it.
  read_all(packs, {{0, 0xffffffff, {}}, {~std::uint64_t{0}, 100, {}}, {24, 0, {}}});
}

}  // namespace varve::fuzz
