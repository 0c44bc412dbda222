#include "store/ingest/file_list.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/core/error.h"

namespace varve {
namespace {

[[noreturn]] void refuse(const Snapshot& snapshot, const FileEntry& a, const FileEntry& b) {
  throw Error(
      ErrorCode::usage,
      fmt::format("the sources {} and {} would both write '{}' in the snapshot; give one "
                  "of them another name with --as NAME",
                  snapshot.sources.at(a.source).name, snapshot.sources.at(b.source).name, a.path));
}

// The nearest entry on the way to `path`: its folders that have none of their own are no clash.
const FileEntry* entry_above(const Snapshot& snapshot, std::string_view path) {
  for (std::size_t slash = path.rfind('/'); slash != path.npos; slash = path.rfind('/')) {
    path = path.substr(0, slash);
    if (const FileEntry* above = snapshot.find(path)) return above;
  }
  return nullptr;
}

}  // namespace

void order_files(Snapshot& snapshot) {
  std::ranges::sort(snapshot.files, {}, &FileEntry::path);
  const auto same = std::ranges::adjacent_find(snapshot.files, {}, &FileEntry::path);
  if (same != snapshot.files.end()) refuse(snapshot, *same, *std::next(same));
  for (const FileEntry& file : snapshot.files) {
    const FileEntry* above = entry_above(snapshot, file.path);
    if (above != nullptr && above->type != FileType::folder) refuse(snapshot, *above, file);
  }
}

}  // namespace varve
