#include "store/check/misplaced_packs.h"

#include <set>

#include "store/blob/pack_reader.h"
#include "store/core/error.h"
#include "store/transform/pack_format.h"

namespace varve {
namespace {

std::optional<PackId> id_in_header(BlobBackend& blobs, const std::string& name) {
  try {
    const std::unique_ptr<Blob> blob = blobs.open(name);
    if (!blob || blob->size() < kPackHeaderSize) return std::nullopt;
    Bytes header(kPackHeaderSize);
    blob->read_exact_at(0, header);
    return decode_pack_header(header);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::interrupted) throw;
    return std::nullopt;  // not even a blob's name, or none that can be read
  }
}

}  // namespace

std::vector<StrangeFile> find_strange_files(BlobBackend& blobs, Catalog& catalog) {
  const std::vector<BlobInfo> files = blobs.list("packs/");
  std::set<PackId> known;
  for (const PackRow& row : catalog.packs()) known.insert(row.id);
  std::vector<StrangeFile> found;
  for (const BlobInfo& file : files) {
    const std::optional<PackId> named = pack_id_of(file.name);
    if (named && known.contains(*named)) continue;
    const std::optional<PackId> pack = id_in_header(blobs, file.name);
    // One whose header is damaged is a damaged pack, no strange file.
    if (named && (!pack || *pack == *named)) continue;
    found.push_back({file.name, pack});
  }
  return found;
}

std::vector<PutBack> put_packs_in_place(BlobBackend& blobs, Catalog& catalog,
                                        ParityBackend* parity) {
  std::vector<PutBack> done;
  for (const StrangeFile& file : find_strange_files(blobs, catalog)) {
    if (!file.pack || blobs.open(pack_name(*file.pack))) continue;
    PutBack pack{.from = file.name, .to = pack_name(*file.pack)};
    if (parity == nullptr) {
      blobs.rename(pack.from, pack.to);
    } else {
      parity->put_back(pack.from, pack.to);
      pack.lacks_parity = !parity->has_parity(pack.to);
    }
    done.push_back(std::move(pack));
  }
  return done;
}

}  // namespace varve
