#include "tools/cli/snapshot_argument.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/core/error.h"
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
  constexpr std::size_t most = 8;
  std::vector<std::string> names;
  for (const FileEntry& file : snapshot.files) {
    if (names.size() == most) {
      names.push_back(fmt::format("and {} more", snapshot.files.size() - most));
      break;
    }
    names.push_back(file.path);
  }
  return names.empty() ? "no file" : join(names);
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
    return SnapshotArgument{std::move(*left.snapshot), pattern.folder(), pattern};
  }
  return std::nullopt;
}

bool has(const Snapshot& snapshot, const std::string& path) {
  return snapshot.find(path) != nullptr || snapshot.has_folder(path);
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
      return {std::move(*left.snapshot), path, {}};
    }
    if (left.snapshot && !no_file) no_file = no_such_file(*left.snapshot, path);
    if (!left.snapshot && !no_snapshot) no_snapshot = left.error;
  }
  Resolution whole = try_resolve(text, resolve);
  if (whole.snapshot && whole.snapshot->files.size() == 1) {
    const std::string path = whole.snapshot->files.front().path;
    return {std::move(*whole.snapshot), path, {}};
  }
  if (whole.snapshot) throw no_file_named(*whole.snapshot, text);
  if (no_file) throw *no_file;
  throw no_snapshot ? *no_snapshot : *whole.error;
}

SnapshotArgument find_snapshot_or_file(const std::string& text, const ResolveSnapshot& resolve) {
  Resolution whole = try_resolve(text, resolve);
  if (whole.snapshot) return {std::move(*whole.snapshot), {}, {}};
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
