#include "tools/process/available_memory.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

namespace varve {
namespace {

using Path = std::filesystem::path;

// The number after `name` in a file of lines "name number".
std::optional<std::uint64_t> number_in(const Path& file, const std::string& name) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(name + " ")) continue;
    return std::strtoull(line.c_str() + name.size(), nullptr, 10);
  }
  return std::nullopt;
}

// The number that a file consists of; nothing where it says "max".
std::optional<std::uint64_t> number_of(const Path& file) {
  std::uint64_t number = 0;
  std::ifstream in(file);
  if (in >> number) return number;
  return std::nullopt;
}

// What a group has left: files in the page cache that nobody works with count as free.
std::optional<std::uint64_t> left_in(const Path& group) {
  const auto limit = number_of(group / "memory.max");
  if (!limit) return std::nullopt;
  const std::uint64_t used = number_of(group / "memory.current").value_or(0);
  const std::uint64_t idle = number_in(group / "memory.stat", "inactive_file").value_or(0);
  const std::uint64_t held = used - std::min(used, idle);
  return *limit - std::min(*limit, held);
}

// The folder of this program's control group; https://docs.kernel.org/admin-guide/cgroup-v2.html.
Path own_group() {
  std::ifstream in("/proc/self/cgroup");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("0::/")) return Path("/sys/fs/cgroup") / line.substr(4);
  }
  return {};
}

}  // namespace

std::uint64_t available_memory() {
  constexpr std::uint64_t kKibibyte = 1024;
  std::uint64_t available = number_in("/proc/meminfo", "MemAvailable:").value_or(0) * kKibibyte;
  const Path top = "/sys/fs/cgroup";
  for (Path group = own_group(); group.native().size() > top.native().size();
       group = group.parent_path()) {
    if (const auto left = left_in(group)) available = std::min(available, *left);
  }
  return available;
}

}  // namespace varve
