#include "tools/import/read_bytes.h"

#include <algorithm>
#include <utility>

#include "tools/import/backup_format.h"

namespace varve {

Bytes read_front(const ReadBytes& read) {
  Bytes front(kFormatBytes);
  std::size_t filled = 0;
  while (filled < front.size()) {
    const std::size_t count = read(MutableBytes(front).subspan(filled));
    if (count == 0) break;
    filled += count;
  }
  front.resize(filled);
  return front;
}

ReadBytes with_front(Bytes front, ReadBytes rest) {
  return [front = std::move(front), rest = std::move(rest),
          given = std::size_t{0}](MutableBytes out) mutable {
    if (given == front.size()) return rest(out);
    const std::size_t count = std::min(out.size(), front.size() - given);
    std::copy_n(front.begin() + static_cast<std::ptrdiff_t>(given), count, out.begin());
    given += count;
    return count;
  };
}

}  // namespace varve
