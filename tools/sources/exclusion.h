// What `--exclude` leaves out of a folder: patterns as in a .gitignore file, without '!'.
//
// A pattern is held against paths below the folder. `*` and `?` stand for any characters of a
// name, `[a-z]` for one of these, a backslash takes its meaning from what follows. None of them
// matches a slash.
//   cache         any file or folder of this name, at any depth
//   *.tmp         likewise
//   /cache        the one directly in the folder
//   var/cache     a slash in front or in the middle: from the folder on
//   cache/        folders only
//   **/cache, a/**/b, logs/**    `**` stands for any number of folders, none among them; at the
//                 end for everything below
// A folder that is left out is not looked into.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace varve {

class Exclusion {
 public:
  Exclusion() = default;
  // Throws a usage Error for a pattern that is empty or nothing but slashes.
  explicit Exclusion(const std::vector<std::string>& patterns);

  // `path` is relative to the folder.
  bool matches(std::string_view path, bool is_folder) const;
  const std::vector<std::string>& patterns() const noexcept { return patterns_; }

 private:
  struct Pattern {
    std::vector<std::string> parts;
    bool folders_only = false;
  };
  static Pattern parse(const std::string& text);

  std::vector<std::string> patterns_;
  std::vector<Pattern> parsed_;
};

}  // namespace varve
