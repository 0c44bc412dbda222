#include "tools/import/member_path.h"

namespace varve {

MemberPath member_path(std::string_view path) {
  constexpr std::size_t kLongestName = 255;
  if (path.starts_with('/')) return {{}, "its path is absolute"};
  std::string clean;
  while (!path.empty()) {
    const auto slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (part == "..") return {{}, "its path leads out of the archive"};
    if (part.size() > kLongestName) return {{}, "a part of its path is longer than 255 bytes"};
    if (!part.empty() && part != ".") {
      if (!clean.empty()) clean += '/';
      clean += part;
    }
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  }
  if (clean.empty()) return {{}, "it has no name"};
  return {clean, {}};
}

bool MemberPaths::claim(const std::string& path) {
  bool is_new = files_.insert(path).second && !folders_.contains(path);
  for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    folders_.insert(path.substr(0, slash));
    is_new = is_new && !files_.contains(path.substr(0, slash));
  }
  return is_new;
}

}  // namespace varve
