// Counting the rows of a table's data as pg_dump writes them: COPY's text form, a line a row (line
// ends inside of values are escaped), then "\." and two empty lines.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "store/core/bytes.h"

namespace varve {

class CopyRows {
 public:
  void add(ByteView piece);
  // Nothing where the end is not there.
  std::optional<std::uint64_t> rows() const;

 private:
  std::uint64_t lines_ = 0;
  std::string tail_;  // the last bytes
};

}  // namespace varve
