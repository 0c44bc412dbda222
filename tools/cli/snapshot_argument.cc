#include "tools/cli/snapshot_argument.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "store/core/error.h"
#include "store/core/name_list.h"
#include "tools/cli/format.h"

namespace varve::cli {
namespace {

// The snapshot, or the error that says why `text` names none.
struct Resolution {
  std::optional<Snapshot> snapshot;
  std::optional<Error> error;
};

Resolution try_resolve(const std::string& text, const ResolveSnapshot& resolve) {
  try {
    return {resolve(text), {}};
  } catch (const Error& error) {
    const bool is_expected =
        error.code() == ErrorCode::not_found || error.code() == ErrorCode::usage;
    if (!is_expected) throw;
    return {{}, error};
  }
}

std::string names_of_files(const Snapshot& snapshot) {
  std::vector<std::string> names;
  for (const FileEntry& file : snapshot.files) names.push_back(file.path);
  return names.empty() ? "no file" : name_list(names, 8);
}

Error no_such_file(const Snapshot& snapshot, const std::string& path) {
  return Error(ErrorCode::not_found, fmt::format("snapshot {} has no file '{}'; it has {}",
                                                 snapshot.name, path, names_of_files(snapshot)));
}

Error no_file_named(const Snapshot& snapshot, const std::string& text) {
  return Error(ErrorCode::usage, fmt::format("'{}' names a snapshot and no file: write {}:PATH, "
                                             "it has {}",
                                             text, snapshot.name, names_of_files(snapshot)));
}

bool fits_some(const FilePattern& pattern, const Snapshot& snapshot) {
  return std::ranges::any_of(snapshot.files,
                             [&](const FileEntry& file) { return pattern.matches(file.path); });
}

// The last colon whose left side is a snapshot with files that the right side fits.
std::optional<SnapshotArgument> find_matching(const std::string& text,
                                              const ResolveSnapshot& resolve) {
  for (std::size_t colon = text.rfind(':'); colon != std::string::npos && colon > 0;
       colon = text.rfind(':', colon - 1)) {
    const std::string right = text.substr(colon + 1);
    if (right.empty() || !FilePattern::is_pattern(right)) continue;
    const FilePattern pattern(right);
    Resolution left = try_resolve(text.substr(0, colon), resolve);
    if (!left.snapshot || !fits_some(pattern, *left.snapshot)) continue;
    return SnapshotArgument{
        .snapshot = std::move(*left.snapshot), .path = pattern.folder(), .pattern = pattern};
  }
  return std::nullopt;
}

bool has(const Snapshot& snapshot, const std::string& path) {
  return snapshot.find(path) != nullptr || snapshot.has_folder(path);
}

// The parts of a snapshot that hold all files of a source: "history.db", "www", "shop.pgdump".
std::set<std::string> parts_of(const Snapshot& snapshot, std::uint32_t source) {
  std::set<std::string> parts;
  for (const FileEntry& file : snapshot.files) {
    if (file.source == source) parts.insert(file.path.substr(0, file.path.find('/')));
  }
  return parts;
}

SnapshotArgument find_source(Snapshot snapshot, const std::string& name) {
  const auto info = std::ranges::find(snapshot.sources, name, &SourceInfo::name);
  const auto source = static_cast<std::uint32_t>(info - snapshot.sources.begin());
  const std::set<std::string> parts = parts_of(snapshot, source);
  const bool is_path = parts.size() == 1 && has(snapshot, *parts.begin());
  SnapshotArgument found{.snapshot = std::move(snapshot), .path = {}};
  if (is_path) {
    found.path = *parts.begin();
  } else {
    found.source = source;
  }
  return found;
}

}  // namespace

SnapshotArgument find_file(const std::string& text, const ResolveSnapshot& resolve) {
  std::optional<Error> no_file;  // of the last colon with a snapshot on its left
  std::optional<Error> no_snapshot;
  for (std::size_t colon = text.rfind(':'); colon != std::string::npos && colon > 0;
       colon = text.rfind(':', colon - 1)) {
    const std::string path = text.substr(colon + 1);
    Resolution left = try_resolve(text.substr(0, colon), resolve);
    if (left.snapshot && has(*left.snapshot, path)) {
      return {.snapshot = std::move(*left.snapshot), .path = path};
    }
    if (left.snapshot && !no_file) no_file = no_such_file(*left.snapshot, path);
    if (!left.snapshot && !no_snapshot) no_snapshot = left.error;
  }
  Resolution whole = try_resolve(text, resolve);
  if (whole.snapshot && whole.snapshot->files.size() == 1) {
    const std::string path = whole.snapshot->files.front().path;
    return {.snapshot = std::move(*whole.snapshot), .path = path};
  }
  if (whole.snapshot) throw no_file_named(*whole.snapshot, text);
  if (no_file) throw *no_file;
  throw no_snapshot ? *no_snapshot : *whole.error;
}

SnapshotArgument find_snapshot_or_file(const std::string& text, const ResolveSnapshot& resolve) {
  constexpr std::string_view kLatestOf = "latest:";
  Resolution whole = try_resolve(text, resolve);
  if (whole.snapshot && text.starts_with(kLatestOf)) {
    return find_source(std::move(*whole.snapshot), text.substr(kLatestOf.size()));
  }
  if (whole.snapshot) return {.snapshot = std::move(*whole.snapshot), .path = {}};
  if (text.find(':') == std::string::npos) throw *whole.error;
  try {
    return find_file(text, resolve);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::not_found) throw;
    if (auto found = find_matching(text, resolve)) return std::move(*found);
    throw;
  }
}

}  // namespace varve::cli
