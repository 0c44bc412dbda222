#include "tools/compare/snapshot_diff.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "store/core/error.h"
#include "store/read/file_reader.h"
#include "tools/sources/sqlite_header.h"

namespace varve {
namespace {

bool is_within(const std::string& path, const std::optional<std::string>& folder) {
  return !folder || path == *folder || path.starts_with(*folder + '/');
}

bool have_equal_attributes(const FileEntry& a, const FileEntry& b) {
  return a.type == b.type && a.mode == b.mode && a.owner == b.owner && a.target == b.target;
}

std::optional<FileChange> compare(ChunkReader& chunks, const FileEntry* before,
                                  const FileEntry* after) {
  if (before == nullptr || after == nullptr) {
    const FileEntry& file = before == nullptr ? *after : *before;
    FileChange change{before == nullptr ? ChangeKind::added : ChangeKind::removed, before, after};
    (before == nullptr ? change.differing_after : change.differing_before) = file.size;
    change.has_new_content = true;
    return change;
  }
  if (have_equal_content(*before, *after)) {
    if (have_equal_attributes(*before, *after)) return std::nullopt;
    return FileChange{ChangeKind::changed, before, after};
  }
  const FileDifference difference = compare_files(chunks, *before, *after);
  return FileChange{ChangeKind::changed,        before, after, bytes_of(difference.before),
                    bytes_of(difference.after), true};
}

}  // namespace

bool have_equal_content(const FileEntry& a, const FileEntry& b) {
  return a.type == b.type && a.size == b.size && a.root == b.root && a.levels == b.levels;
}

std::vector<FileChange> compare_snapshots(ChunkReader& chunks, const Snapshot& before,
                                          const Snapshot& after,
                                          const std::optional<std::string>& path) {
  std::map<std::string, std::pair<const FileEntry*, const FileEntry*>> files;
  for (const FileEntry& file : before.files) {
    if (is_within(file.path, path)) files[file.path].first = &file;
  }
  for (const FileEntry& file : after.files) {
    if (is_within(file.path, path)) files[file.path].second = &file;
  }
  if (path && files.empty()) {
    throw Error(ErrorCode::not_found,
                fmt::format("neither {} nor {} has '{}'; varve list SNAPSHOT shows what is in one",
                            before.name, after.name, *path));
  }
  std::vector<FileChange> changes;
  for (const auto& [name, versions] : files) {
    if (auto change = compare(chunks, versions.first, versions.second)) {
      changes.push_back(*change);
    }
  }
  return changes;
}

bool is_sqlite_file(ChunkReader& chunks, const FileEntry& file) {
  SqliteHeader header;
  if (file.type != FileType::file || file.size < SqliteHeader::kSize) return false;
  FileReader(chunks, file).read(0, header.bytes);
  return header.has_magic();
}

}  // namespace varve
