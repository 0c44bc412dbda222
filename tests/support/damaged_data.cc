#include "tests/support/damaged_data.h"

#include <algorithm>
#include <fstream>

#include "store/blob/local_backend.h"
#include "store/blob/pack_reader.h"

namespace varve {
namespace {

namespace fs = std::filesystem;

void flip_bit(const fs::path& file, std::uint64_t offset) {
  fs::permissions(file, fs::perms::owner_write, fs::perm_options::add);
  std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out);
  stream.exceptions(std::ios::failbit | std::ios::badbit);
  stream.seekg(static_cast<std::streamoff>(offset));
  const int byte = stream.get();
  stream.seekp(static_cast<std::streamoff>(offset));
  stream.put(static_cast<char>(byte ^ 0x10));
}

}  // namespace

std::vector<fs::path> packs_of(const fs::path& repository) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(repository / "packs")) {
    if (entry.is_regular_file()) found.push_back(entry.path());
  }
  return found;
}

void damage_data(const fs::path& pack) {
  const fs::path folder = pack.parent_path();  // packs/3f/
  const fs::path repository = folder.parent_path().parent_path();
  LocalBackend blobs(repository);
  std::vector<PackEntry> objects =
      PackReader(blobs).entries(*pack_id_of(pack.lexically_relative(repository).native()));
  std::erase_if(objects, [](const PackEntry& object) {
    return object.parsed.header.kind != ObjectKind::data;
  });
  const auto largest = std::ranges::max_element(objects, {}, &PackEntry::length);
  if (largest != objects.end()) flip_bit(pack, largest->offset + largest->length - 1);
}

void damage_all_data(const fs::path& repository) {
  for (const fs::path& pack : packs_of(repository)) damage_data(pack);
}

}  // namespace varve
