#include "tests/support/format_vectors.h"

#include <fstream>
#include <stdexcept>

#include "store/core/ids.h"

namespace varve {

Bytes format_vector(const std::string& name) {
  std::ifstream in(VARVE_SOURCE_DIR "/store/FORMAT.md");
  std::string line;
  while (std::getline(in, line) && line != "```hex " + name) continue;
  std::string digits;
  while (std::getline(in, line) && line != "```") digits += line;
  std::erase(digits, ' ');
  const std::optional<Bytes> bytes = from_hex(digits);
  if (!bytes || bytes->empty()) throw std::runtime_error("FORMAT.md has no vector " + name);
  return *bytes;
}

}  // namespace varve
