// Files of a snapshot picked by a pattern: `varve restore 'latest:www/*.html' /tmp/www`.
//
// As in a shell: `*` and `?` stand for any characters of a name, `[a-z]` for one of these, none of
// them for a slash; `**` for any number of folders. A folder that fits comes with all below it.
#pragma once

#include <string>
#include <string_view>

#include "tools/sources/exclusion.h"

namespace varve {

class FilePattern {
 public:
  // Whether the text has any of these characters.
  static bool is_pattern(std::string_view text);

  // A path below the snapshot; not empty.
  explicit FilePattern(std::string text);

  bool matches(std::string_view path) const;
  // The folders at its front that are no patterns: paths in the target begin below them.
  std::string folder() const;

 private:
  std::string text_;
  Exclusion parts_;
};

}  // namespace varve
