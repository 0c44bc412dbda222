#include "tools/restore/file_pattern.h"

#include <utility>

namespace varve {

bool FilePattern::is_pattern(std::string_view text) {
  return text.find_first_of("*?[") != std::string_view::npos;
}

FilePattern::FilePattern(std::string text)
    : text_(std::move(text)),
      parts_(std::vector<std::string>{'/' + text_}) {}  // a slash in front: from the top on

bool FilePattern::matches(std::string_view path) const {
  for (std::size_t slash = path.find('/'); slash != std::string_view::npos;
       slash = path.find('/', slash + 1)) {
    if (parts_.matches(path.substr(0, slash), true)) return true;
  }
  return parts_.matches(path, false);
}

std::string FilePattern::folder() const {
  const std::string_view text = text_;
  const std::size_t first = text.find_first_of("*?[\\");
  const std::size_t slash = text.substr(0, first).rfind('/');
  return slash == std::string_view::npos ? "" : text_.substr(0, slash);
}

}  // namespace varve
