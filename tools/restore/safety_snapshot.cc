#include "tools/restore/safety_snapshot.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "store/core/error.h"
#include "store/core/one_line.h"
#include "tools/restore/unsaved_change.h"

namespace varve {
namespace {

std::optional<SafetySnapshot> find_in(Snapshot& snapshot, const MeantSource& is_meant) {
  if (!is_safety_snapshot(snapshot)) return std::nullopt;
  const auto source = std::ranges::find_if(snapshot.sources, is_meant);
  if (source == snapshot.sources.end()) return std::nullopt;
  const auto number = static_cast<std::uint32_t>(source - snapshot.sources.begin());
  return SafetySnapshot{std::move(snapshot), number};
}

bool is_trace(const SourceInfo& source) { return source.kind == UnsavedChange::kKind; }

MeantSource but_traces(const MeantSource& is_meant) {
  return [&](const SourceInfo& source) { return is_meant(source) && !is_trace(source); };
}

}  // namespace

bool SafetySnapshot::is_trace() const { return varve::is_trace(info()); }

MeantSource source_at(const Path& location) {
  return [place = location.native()](const SourceInfo& source) { return source.location == place; };
}

std::string safety_source_name(const std::string& name) {
  constexpr std::size_t kLongestName = 200;  // bytes: it is a folder's name on the mount
  return one_line(name, kLongestName) + "." + kSafetyTag;
}

std::unique_ptr<Source> source_of_files(const Path& location, SafetySource::Form form,
                                        std::vector<SafetySource::File> files) {
  // Among files as they are, a database's -wal is one of its own as well.
  std::ranges::sort(files, {}, &SafetySource::File::actual);
  // Without ranges: clang 14, which the fuzz targets are built with, cannot read GCC 12's.
  files.erase(std::unique(files.begin(), files.end(),
                          [](const SafetySource::File& one, const SafetySource::File& other) {
                            return one.actual == other.actual;
                          }),
              files.end());
  return std::make_unique<SafetySource>(safety_source_name(location.filename()), location, form,
                                        std::move(files));
}

std::optional<SafetySnapshot> newest_safety_snapshot(Repository& repository,
                                                     const MeantSource& is_meant,
                                                     const std::string& host) {
  std::vector<Snapshot> snapshots = repository.snapshots();
  for (auto newest = snapshots.rbegin(); newest != snapshots.rend(); ++newest) {
    if (newest->host != host) continue;
    if (auto found = find_in(*newest, is_meant)) return found;
  }
  return std::nullopt;
}

SafetySnapshot require_safety_snapshot(Snapshot snapshot, const MeantSource& is_meant,
                                       const std::string& target) {
  const std::string name = snapshot.name;
  if (auto found = find_in(snapshot, but_traces(is_meant))) return std::move(*found);
  throw Error(ErrorCode::not_found,
              fmt::format("snapshot {} holds nothing that was replaced at {}: varve list shows "
                          "those that do, with the tag {}",
                          name, target, kSafetyTag));
}

void refuse_unsaved(Repository& repository, const SafetySnapshot& newest,
                    const MeantSource& is_meant, const std::string& target,
                    const std::string& elsewhere) {
  if (!newest.is_trace()) return;
  const Snapshot& trace = newest.snapshot;
  const auto older = newest_safety_snapshot(repository, but_traces(is_meant), trace.host);
  std::string way = elsewhere;
  if (older) {
    way = fmt::format("what was there until {} can: varve restore {} --undo TARGET",
                      to_iso(older->snapshot.time), older->snapshot.name);
  } else if (way.empty()) {
    way = "nothing older is kept either";
  }
  throw Error(ErrorCode::failed,
              fmt::format("{} was changed at {} without a safety snapshot (--no-safety): what was "
                          "there then cannot be put back; {}",
                          target, to_iso(trace.time), way));
}

Path location_of(const Path& target) {
  std::error_code absent;  // then there is nothing to resolve
  if (std::filesystem::is_directory(target, absent)) {
    Path folder = std::filesystem::canonical(target, absent);
    if (!absent) return folder;
  }
  return location_of_file(target);
}

Path location_of_file(const Path& target) {
  std::error_code absent;  // then there is nothing to resolve
  const Path whole = std::filesystem::absolute(target).lexically_normal();
  const Path path = whole.has_filename() ? whole : whole.parent_path();
  const Path folder = std::filesystem::weakly_canonical(path.parent_path(), absent);
  return absent ? path : folder / path.filename();
}

}  // namespace varve
