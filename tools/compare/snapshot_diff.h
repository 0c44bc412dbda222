// Which files two snapshots do not have in common, told by their records and manifests.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/read/manifest_diff.h"
#include "store/snapshots/snapshot.h"
#include "tools/compare/change_kind.h"

namespace varve {

struct FileChange {
  ChangeKind kind = ChangeKind::changed;
  const FileEntry* before = nullptr;  // null: added
  const FileEntry* after = nullptr;   // null: removed
  // Of files whose content differs: bytes in chunks that only that version has.
  std::uint64_t differing_before = 0;
  std::uint64_t differing_after = 0;
  bool has_new_content = false;  // else only mode, owner or a link's target

  const std::string& path() const { return after != nullptr ? after->path : before->path; }
};

// Whether the bytes are the same, the attributes may differ.
bool have_equal_content(const FileEntry& a, const FileEntry& b);

// By path; `path` limits it to a file, or what lies in a folder. Times do not count as a change.
// The snapshots must outlive the result. Throws a not_found Error where neither has `path`.
std::vector<FileChange> compare_snapshots(ChunkReader& chunks, const Snapshot& before,
                                          const Snapshot& after,
                                          const std::optional<std::string>& path);

// Whether it is a SQLite database, by its first bytes.
bool is_sqlite_file(ChunkReader& chunks, const FileEntry& file);

}  // namespace varve
