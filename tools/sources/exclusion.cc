#include "tools/sources/exclusion.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <span>

#include "store/core/error.h"

namespace varve {
namespace {

constexpr std::string_view kAnyFolders = "**";

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t slash = std::min(text.find('/', start), text.size());
    if (slash > start) parts.emplace_back(text.substr(start, slash - start));
    start = slash + 1;
  }
  return parts;
}

using Parts = std::span<const std::string>;

bool match(Parts pattern, Parts path) {
  if (pattern.empty()) return path.empty();
  if (pattern.front() == kAnyFolders) {
    const Parts rest = pattern.subspan(1);
    if (rest.empty()) return !path.empty();  // everything below
    for (std::size_t skipped = 0; skipped <= path.size(); ++skipped) {
      if (match(rest, path.subspan(skipped))) return true;
    }
    return false;
  }
  return !path.empty() && ::fnmatch(pattern.front().c_str(), path.front().c_str(), 0) == 0 &&
         match(pattern.subspan(1), path.subspan(1));
}

}  // namespace

Exclusion::Exclusion(const std::vector<std::string>& patterns) : patterns_(patterns) {
  for (const std::string& pattern : patterns) parsed_.push_back(parse(pattern));
}

Exclusion::Pattern Exclusion::parse(const std::string& text) {
  Pattern pattern{split(text), text.ends_with('/')};
  if (pattern.parts.empty()) {
    throw Error(ErrorCode::usage, fmt::format("--exclude '{}' is no pattern: write a name such as "
                                              "'*.tmp', or a path below the folder",
                                              text));
  }
  const bool is_bare = !text.starts_with('/') && pattern.parts.size() == 1;
  if (is_bare) pattern.parts.insert(pattern.parts.begin(), std::string(kAnyFolders));
  return pattern;
}

bool Exclusion::matches(std::string_view path, bool is_folder) const {
  if (parsed_.empty()) return false;
  const std::vector<std::string> parts = split(path);
  for (const Pattern& pattern : parsed_) {
    if ((is_folder || !pattern.folders_only) && match(pattern.parts, parts)) return true;
  }
  return false;
}

}  // namespace varve
