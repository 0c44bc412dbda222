// Where an archive's member goes in a snapshot. The archive is not trusted.
#pragma once

#include <string>
#include <string_view>

namespace varve {

struct MemberPath {
  std::string path;   // relative, without "." and empty parts; empty: refused
  std::string fault;  // why: "its path is absolute"
};
MemberPath member_path(std::string_view path);

}  // namespace varve
