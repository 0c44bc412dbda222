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

// Whether a symbolic link at `path` (as above) with this target leads to a place inside the
// archive, going by the names alone.
bool stays_inside(const std::string& path, std::string_view target);

// The members of an archive so far. Unpacked to a disk, a second member of one name would replace
// the first; which of them was meant to be kept, a person has to say. A folder may come again.
class MemberPaths {
 public:
  enum class Claim { taken, again, conflict };
  Claim claim(const std::string& path);         // for a file or a link; never `again`
  Claim claim_folder(const std::string& path);  // `again`: it has been claimed before

 private:
  bool claim_parents(const std::string& path);

  std::set<std::string> files_;
  std::set<std::string> folders_;  // that were claimed
  std::set<std::string> parents_;  // that hold something
};

}  // namespace varve
