#include "tools/restore/safety_snapshot.h"

#include <algorithm>
#include <utility>

#include "store/core/one_line.h"

namespace varve {

std::string safety_source_name(const std::string& name) {
  constexpr std::size_t kLongestName = 200;  // bytes: it is a folder's name on the mount
  return one_line(name, kLongestName) + "." + kSafetyTag;
}

std::unique_ptr<Source> source_of_files(const Path& target, std::vector<SafetySource::File> files) {
  const Path location = location_of(target);
  return std::make_unique<SafetySource>(safety_source_name(location.filename()), location,
                                        std::move(files));
}

std::optional<SafetySnapshot> newest_safety_snapshot(
    Repository& repository, const std::function<bool(const SourceInfo&)>& is_meant,
    const std::string& host) {
  std::vector<Snapshot> snapshots = repository.snapshots();
  for (auto newest = snapshots.rbegin(); newest != snapshots.rend(); ++newest) {
    Snapshot& snapshot = *newest;
    if (snapshot.host != host || !is_safety_snapshot(snapshot)) continue;
    const auto source = std::ranges::find_if(snapshot.sources, is_meant);
    if (source == snapshot.sources.end()) continue;
    const auto number = static_cast<std::uint32_t>(source - snapshot.sources.begin());
    return SafetySnapshot{std::move(snapshot), number};
  }
  return std::nullopt;
}

std::optional<SafetySnapshot> newest_safety_snapshot(Repository& repository, const Path& location,
                                                     const std::string& host) {
  return newest_safety_snapshot(
      repository, [&](const SourceInfo& source) { return source.location == location.native(); },
      host);
}

Path location_of(const Path& target) {
  const Path whole = std::filesystem::absolute(target).lexically_normal();
  const Path path = whole.has_filename() ? whole : whole.parent_path();
  std::error_code absent;  // then there is nothing to resolve
  const Path folder = std::filesystem::weakly_canonical(path.parent_path(), absent);
  return absent ? path : folder / path.filename();
}

}  // namespace varve
