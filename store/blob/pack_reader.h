// Reading packs: objects by location, and whole packs by their footer or by scanning.
//
// Where packs have parity, damage is healed here: an object that does not fit its checksum is read
// anew with parity's help, and headers, which have none of their own, are read so at once.
//
// Thread-safe. Keeps a bounded number of packs open.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "store/blob/backend.h"
#include "store/core/location.h"
#include "store/transform/object.h"

namespace varve {

std::string pack_name(const PackId& id);                         // "packs/3f/3f09…"
std::optional<PackId> pack_id_of(const std::string& blob_name);  // the inverse

// One object as read: its bytes, checked against its XXH3.
struct StoredObject {
  RawBytes bytes;  // header and stored bytes
  ParsedObject parsed;
  ByteView stored() const noexcept {
    return ByteView(bytes).subspan(parsed.header_length, parsed.header.stored_length);
  }
};

struct PackEntry {
  std::uint64_t offset = 0;
  std::uint32_t length = 0;  // header and stored bytes
  ParsedObject parsed;
};

class PackReader {
 public:
  explicit PackReader(BlobBackend& blobs);
  ~PackReader();

  enum class Found { yes, no_pack };
  // Reads and checks one object. Found::no_pack where the pack's file is gone (gc may have moved
  // the object: ask the catalog again). Throws corrupt where the bytes are not a whole object.
  Found read(const Location& where, StoredObject& out);
  // The header alone, unchecked but for its form (and by parity, where there is any).
  Found read_header(const Location& where, ParsedObject& out);

  // All objects of a pack by its footer, headers parsed; the stored bytes are not read. Throws
  // corrupt where the footer or a header is damaged, not_found where there is no such pack.
  std::vector<PackEntry> entries(const PackId& pack);
  // The same by looking at every byte for whole objects: for a pack whose footer is lost. What the
  // disk does not give back is passed over.
  std::vector<PackEntry> scan(const PackId& pack);

  std::uint64_t size(const PackId& pack);  // as written, if that is known; may throw not_found
  void close(const PackId& pack);          // forget the open file

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace varve
