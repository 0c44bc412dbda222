#include "store/repository/broken_files.h"

#include <fmt/format.h>

namespace varve {

std::string put_aside(BlobBackend& blobs, const std::string& name) {
  const std::string leaf = name.substr(name.rfind('/') + 1);
  std::string target = fmt::format("{}{}", kBrokenPrefix, leaf);
  for (unsigned which = 2; blobs.open(target); ++which) {
    target = fmt::format("{}{}-{}", kBrokenPrefix, leaf, which);
  }
  return blobs.rename(name, target) ? target : std::string();
}

}  // namespace varve
