// The extended attributes of a file that is replaced, for the one that takes its place: user.*, the
// access list (system.posix_acl_access), labels and capabilities (security.*).
//
// Not security.ima and security.evm, which are sums over the old file, and not trusted.*, which
// belong to the filesystem below. A snapshot holds none of them: they come from what is there.
#pragma once

#include <string>
#include <vector>

#include "store/core/file.h"

namespace varve {

// To be called before the permission bits are set: these narrow an access list, and a list widens
// them. A list that `to` got from its folder goes where `from` has none. A link is not followed.
// Returns the names of those that could not be carried over.
std::vector<std::string> carry_extended_attributes(const Path& from, const File& to);

// "… of PATH", as a warning.
std::string not_carried(const std::vector<std::string>& names, const Path& path);

}  // namespace varve
