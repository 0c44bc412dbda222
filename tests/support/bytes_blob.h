// A blob that is a byte string in memory.
#pragma once

#include <algorithm>
#include <utility>

#include "store/blob/backend.h"
#include "store/core/error.h"

namespace varve {

class BytesBlob : public Blob {
 public:
  explicit BytesBlob(Bytes bytes) : bytes_(std::move(bytes)) {}
  std::uint64_t size() const override { return bytes_.size(); }
  void read_exact_at(std::uint64_t offset, MutableBytes out) const override {
    if (offset > bytes_.size() || out.size() > bytes_.size() - offset) {
      throw corrupt_error("bytes of a test", "cut");
    }
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
  }

 private:
  const Bytes bytes_;
};

}  // namespace varve
