#include "tools/import/member_path.h"

#include <algorithm>

namespace varve {

MemberPath member_path(std::string_view path) {
  constexpr std::size_t kLongestName = 255;
  constexpr std::size_t kLongest = 4096;
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
  if (clean.size() > kLongest) return {{}, "its path is longer than 4,096 bytes"};
  if (clean.empty()) return {{}, "it has no name"};
  return {clean, {}};
}

bool stays_inside(const std::string& path, std::string_view target) {
  if (target.empty() || target.starts_with('/')) return false;
  auto depth = std::count(path.begin(), path.end(), '/');
  while (!target.empty()) {
    const auto slash = target.find('/');
    const std::string_view part = target.substr(0, slash);
    if (part == "..") {
      if (--depth < 0) return false;
    } else if (!part.empty() && part != ".") {
      ++depth;
    }
    target = slash == std::string_view::npos ? std::string_view() : target.substr(slash + 1);
  }
  return true;
}

// False where one of them is a file.
bool MemberPaths::claim_parents(const std::string& path) {
  bool are_folders = true;
  for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const std::string parent = path.substr(0, slash);
    parents_.insert(parent);
    are_folders = are_folders && !files_.contains(parent);
  }
  return are_folders;
}

MemberPaths::Claim MemberPaths::claim(const std::string& path) {
  const bool is_free = claim_parents(path) && !folders_.contains(path) && !parents_.contains(path);
  return is_free && files_.insert(path).second ? Claim::taken : Claim::conflict;
}

MemberPaths::Claim MemberPaths::claim_folder(const std::string& path) {
  if (!claim_parents(path) || files_.contains(path)) return Claim::conflict;
  return folders_.insert(path).second ? Claim::taken : Claim::again;
}

}  // namespace varve
