// Where an archive's member goes in a snapshot. The archive is not trusted.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace varve {

struct MemberPath {
  std::string path;   // relative, without "." and empty parts; empty: refused
  std::string fault;  // why: "its path is absolute"
};
MemberPath member_path(std::string_view path);

// The files of an archive so far. Unpacked to a disk, a second member of one name would replace the
// first; which of them was meant to be kept, a person has to say.
class MemberPaths {
 public:
  // False where a file is there already, or one of the two would be a folder of the other's name.
  bool claim(const std::string& path);
  bool empty() const { return files_.empty(); }

 private:
  std::set<std::string> files_;
  std::set<std::string> folders_;  // that hold them
};

}  // namespace varve
