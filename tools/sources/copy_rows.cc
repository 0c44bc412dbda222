#include "tools/sources/copy_rows.h"

#include <algorithm>

namespace varve {
namespace {

constexpr std::string_view kEnd = "\\.\n\n\n";
constexpr std::uint64_t kEndLines = 3;

}  // namespace

void CopyRows::add(ByteView piece) {
  lines_ += static_cast<std::uint64_t>(std::ranges::count(piece, std::byte{'\n'}));
  const ByteView last = piece.last(std::min(piece.size(), kEnd.size()));
  tail_ += as_text(last);
  if (tail_.size() > kEnd.size()) tail_.erase(0, tail_.size() - kEnd.size());
}

std::optional<std::uint64_t> CopyRows::rows() const {
  if (tail_ != kEnd) return std::nullopt;
  return lines_ - kEndLines;
}

}  // namespace varve
