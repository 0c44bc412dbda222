#include "tests/bench/workload/compare.h"

#include <algorithm>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace varve::bench {
namespace {

constexpr std::size_t kPageBytes = 4096;
constexpr std::size_t kExtentBytes = 65536;

class Extents {
 public:
  explicit Extents(const std::string& path) : file_(path, std::ios::binary), buffer_(kExtentBytes) {
    if (!file_) throw std::runtime_error(path + ": cannot be read");
  }

  // The next extent, valid until the next call; shorter at the end of the file, and empty after it.
  std::string_view next() {
    file_.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    return {buffer_.data(), static_cast<std::size_t>(file_.gcount())};
  }

 private:
  std::ifstream file_;
  std::vector<char> buffer_;
};

std::string_view page(std::string_view extent, std::size_t offset) {
  return offset < extent.size() ? extent.substr(offset, kPageBytes) : std::string_view();
}

}  // namespace

Difference compare(const std::string& before, const std::string& after) {
  Extents left(before);
  Extents right(after);
  Difference difference;
  while (true) {
    const std::string_view old_extent = left.next();
    const std::string_view new_extent = right.next();
    const std::size_t length = std::max(old_extent.size(), new_extent.size());
    if (length == 0) return difference;
    ++difference.extents;
    difference.changed_extents += old_extent != new_extent ? 1 : 0;
    for (std::size_t offset = 0; offset < length; offset += kPageBytes) {
      ++difference.pages;
      difference.changed_pages += page(old_extent, offset) != page(new_extent, offset) ? 1 : 0;
    }
  }
}

}  // namespace varve::bench
