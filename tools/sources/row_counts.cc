#include "tools/sources/row_counts.h"

#include <fmt/format.h>

namespace varve {

RowCounts recorded_rows(const Snapshot& snapshot, std::uint32_t source) {
  const SourceInfo& info = snapshot.sources.at(source);
  if (!info.row_counts.empty()) return info.row_counts;
  for (auto it = snapshot.attestations.rbegin(); it != snapshot.attestations.rend(); ++it) {
    if (it->source == info.name && it->passed && !it->row_counts.empty()) return it->row_counts;
  }
  return {};
}

// Of a folder's databases they are recorded by "path:table".
RowCounts recorded_rows(const Snapshot& snapshot, const FileEntry& database) {
  RowCounts all = recorded_rows(snapshot, database.source);
  if (snapshot.sources.at(database.source).kind == "sqlite") return all;
  const std::string prefix = database.path + ':';
  RowCounts rows;
  for (auto one = all.lower_bound(prefix); one != all.end() && one->first.starts_with(prefix);
       ++one) {
    rows[one->first.substr(prefix.size())] = one->second;
  }
  return rows;
}

std::vector<std::string> compare_rows(const RowCounts& recorded, const RowCounts& counted) {
  std::vector<std::string> faults;
  for (const auto& [table, rows] : recorded) {
    const auto found = counted.find(table);
    if (found != counted.end() && found->second == rows) continue;
    if (found != counted.end()) {
      faults.push_back(fmt::format("{} has {} rows, and had {} when they were recorded", table,
                                   found->second, rows));
    } else {
      faults.push_back(
          fmt::format("{} is missing, and had {} rows when they were recorded", table, rows));
    }
  }
  return faults;
}

}  // namespace varve
