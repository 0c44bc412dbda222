#include "store/snapshots/snapshot_name.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/core/error.h"

namespace varve {
namespace {

constexpr std::string_view kLatest = "latest";
constexpr std::size_t kShortestIdPrefix = 4;  // hex digits

Error not_found(const std::string& what) {
  return Error(ErrorCode::not_found, what + "; 'varve list' shows what there is");
}

const Snapshot* newest(const std::vector<Snapshot>& snapshots, auto fits) {
  const auto found = std::find_if(snapshots.rbegin(), snapshots.rend(), fits);
  return found == snapshots.rend() ? nullptr : &*found;
}

// The same, and a safety snapshot only where no other one fits.
const Snapshot* newest_backup(const std::vector<Snapshot>& snapshots, auto fits) {
  const Snapshot* const found = newest(snapshots, [&](const Snapshot& snapshot) {
    return !is_safety_snapshot(snapshot) && fits(snapshot);
  });
  return found != nullptr ? found : newest(snapshots, fits);
}

const Snapshot* latest_of(const std::vector<Snapshot>& snapshots, const std::string& source) {
  return newest(snapshots, [&](const Snapshot& snapshot) {
    return std::ranges::any_of(snapshot.sources,
                               [&](const SourceInfo& info) { return info.name == source; });
  });
}

std::vector<const Snapshot*> with_prefix(const std::vector<Snapshot>& snapshots,
                                         const std::string& text) {
  std::vector<const Snapshot*> matches;
  for (const Snapshot& snapshot : snapshots) {
    const bool by_id =
        text.size() >= kShortestIdPrefix && to_hex(snapshot.id.view()).starts_with(text);
    if (snapshot.name.starts_with(text) || by_id) matches.push_back(&snapshot);
  }
  const auto backups_end = std::stable_partition(
      matches.begin(), matches.end(),
      [](const Snapshot* snapshot) { return !is_safety_snapshot(*snapshot); });
  if (backups_end != matches.begin()) matches.erase(backups_end, matches.end());
  return matches;
}

// Of the form that names have: whoever writes it means that one snapshot, and when it is gone,
// none that happens to be older.
bool is_whole_name(const std::string& text, const std::optional<Timestamp>& time) {
  return time && to_directory_name(*time) == text;
}

}  // namespace

bool is_safety_snapshot(const Snapshot& snapshot) {
  return std::ranges::find(snapshot.tags, kSafetyTag) != snapshot.tags.end();
}

Snapshot resolve_snapshot(const std::vector<Snapshot>& snapshots, const std::string& text) {
  if (snapshots.empty()) {
    throw Error(ErrorCode::not_found,
                "the repository has no snapshots yet: make one with 'varve ingest'");
  }
  if (text == kLatest) return *newest_backup(snapshots, [](const Snapshot&) { return true; });
  if (text.starts_with("latest:")) {
    const std::string source = text.substr(kLatest.size() + 1);
    if (const Snapshot* found = latest_of(snapshots, source)) return *found;
    throw not_found(fmt::format("no snapshot holds a source named '{}'", source));
  }
  for (const Snapshot& snapshot : snapshots) {
    if (snapshot.name == text) return snapshot;
  }
  const std::optional<Timestamp> time = parse_time(text);
  if (is_whole_name(text, time)) {
    throw Error(
        ErrorCode::not_found,
        fmt::format("no snapshot is named '{}'; the newest at or before that time is meant by '{}'",
                    text, to_iso(*time)));
  }
  const std::vector<const Snapshot*> matches = with_prefix(snapshots, text);
  if (matches.size() == 1) return *matches.front();
  if (time) {
    const auto fits = [&](const Snapshot& snapshot) { return snapshot.time <= *time; };
    if (const Snapshot* found = newest_backup(snapshots, fits)) return *found;
    throw not_found(fmt::format("no snapshot is as old as {}", text));
  }
  if (matches.size() > 1) {
    throw Error(ErrorCode::usage,
                fmt::format("'{}' means {} snapshots, from {} to {}: give more of the name", text,
                            matches.size(), matches.front()->name, matches.back()->name));
  }
  throw not_found(fmt::format("no snapshot is named '{}'", text));
}

}  // namespace varve
