#include "tools/sources/archive_names.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "store/core/error.h"
#include "store/core/name_list.h"

namespace varve {
namespace {

constexpr std::size_t kMostNames = 12;  // in a message

}  // namespace

std::optional<std::size_t> find_entry(const ArchiveContents& contents, const std::string& name,
                                      const IsMeant& is_meant) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < contents.entries.size(); ++i) {
    const ArchiveEntry& entry = contents.entries[i];
    if (!is_meant(entry)) continue;
    if (entry.table() == name) return i;
    if (entry.name == name) found.push_back(i);
  }
  if (found.empty()) return std::nullopt;
  if (found.size() == 1) return found.front();
  std::vector<std::string> all;
  for (const std::size_t i : found) all.push_back(contents.entries[i].table());
  throw Error(ErrorCode::usage, fmt::format("the dump has several tables '{}': write one of {}",
                                            name, fmt::join(all, ", ")));
}

std::string names_in(const ArchiveContents& contents, const IsMeant& is_meant) {
  std::vector<std::string> names;
  for (const ArchiveEntry& entry : contents.entries) {
    if (is_meant(entry)) names.push_back(entry.table());
  }
  return names.empty() ? "none" : name_list(names, kMostNames);
}

}  // namespace varve
