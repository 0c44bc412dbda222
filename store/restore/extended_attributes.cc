#include "store/restore/extended_attributes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/xattr.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string_view>

namespace varve {
namespace {

constexpr const char* kAccessList = "system.posix_acl_access";
constexpr std::size_t kMost = 64u << 10;  // bytes of a value and of all names: the kernel's limits

// Empty where the filesystem has none.
std::vector<std::string> names_of(const Path& file) {
  std::string all(kMost, '\0');
  const ssize_t size = ::llistxattr(file.c_str(), all.data(), all.size());
  std::vector<std::string> names;
  for (std::size_t at = 0; size > 0 && at < static_cast<std::size_t>(size);) {
    names.emplace_back(all.c_str() + at);
    at += names.back().size() + 1;
  }
  return names;
}

bool is_carried(std::string_view name) {
  if (name == "security.ima" || name == "security.evm") return false;
  return name.starts_with("user.") || name.starts_with("security.") || name == kAccessList;
}

// Nothing where it cannot be read.
std::optional<std::string> value_of(const Path& file, const std::string& name) {
  std::string value(kMost, '\0');
  const ssize_t size = ::lgetxattr(file.c_str(), name.c_str(), value.data(), value.size());
  if (size < 0) return std::nullopt;
  value.resize(static_cast<std::size_t>(size));
  return value;
}

bool has_value(const File& file, const std::string& name, const std::string& value) {
  std::string present(kMost, '\0');
  const ssize_t size = ::fgetxattr(file.fd(), name.c_str(), present.data(), present.size());
  return size >= 0 && present.substr(0, static_cast<std::size_t>(size)) == value;
}

// A label that the new file has by itself need not be set, which not everybody may.
bool carry(const Path& from, const File& to, const std::string& name) {
  const auto value = value_of(from, name);
  if (!value) return errno == ENODATA;
  return has_value(to, name, *value) ||
         ::fsetxattr(to.fd(), name.c_str(), value->data(), value->size(), 0) == 0;
}

}  // namespace

std::vector<std::string> carry_extended_attributes(const Path& from, const File& to) {
  const std::vector<std::string> names = names_of(from);
  if (std::ranges::find(names, kAccessList) == names.end()) {
    ::fremovexattr(to.fd(), kAccessList);  // fails where there is none
  }
  std::vector<std::string> lost;
  for (const std::string& name : names) {
    if (is_carried(name) && !carry(from, to, name)) lost.push_back(name);
  }
  return lost;
}

std::string not_carried(const std::vector<std::string>& names, const Path& path) {
  return fmt::format("{} of the old {} could not be carried over to the new one",
                     fmt::join(names, ", "), path.native());
}

}  // namespace varve
