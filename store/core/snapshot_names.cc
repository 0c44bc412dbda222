#include "store/core/snapshot_names.h"

#include <algorithm>

namespace varve {
namespace {

constexpr std::size_t kLongest = 255;  // bytes

bool is_plain(char c) {
  const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return is_letter || (c >= '0' && c <= '9') ||
         std::string_view(".-_:+").find(c) != std::string_view::npos;
}

}  // namespace

bool is_snapshot_name(std::string_view name) {
  if (name.empty() || name.size() > kLongest || name.front() == '.') return false;
  if (name == "latest" || name == "by-source" || name == "by-tag") return false;
  return std::ranges::all_of(name, is_plain);
}

}  // namespace varve
