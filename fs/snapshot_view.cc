#include "fs/snapshot_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fs/node.h"
#include "fs/snapshot_json.h"
#include "store/core/error.h"

namespace varve {
namespace {

// "a/b/c" → "a/b"; "" for a path of one part.
std::string_view parent_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == path.npos ? std::string_view() : path.substr(0, slash);
}

std::string_view last_part(std::string_view path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

bool is_valid_part(std::string_view part) {
  return !part.empty() && part != "." && part != ".." && part.find('\0') == part.npos;
}

ViewEntry::Kind kind_of(FileType type) {
  switch (type) {
    case FileType::folder:
      return ViewEntry::Kind::folder;
    case FileType::link:
      return ViewEntry::Kind::link;
    case FileType::file:
      break;
  }
  return ViewEntry::Kind::file;
}

}  // namespace

std::string_view ViewEntry::name() const { return last_part(path); }

SnapshotView::SnapshotView(Snapshot snapshot) : snapshot_(std::move(snapshot)) {
  ViewEntry top;
  top.inode = inode_of(snapshot_.id, "");
  entries_.push_back(std::move(top));
  for (std::uint32_t i = 0; i < snapshot_.files.size(); ++i) {
    add(kind_of(snapshot_.files[i].type), snapshot_.files[i].path, i);
  }
  // A file of the snapshot's own goes before a generated one of the same name.
  if (find(kSumsName) == 0) add(ViewEntry::Kind::sums, kSumsName, {});
  if (find(kJsonName) == 0) add(ViewEntry::Kind::json, kJsonName, {});
}

std::uint32_t SnapshotView::add(ViewEntry::Kind kind, std::string_view path,
                                std::optional<std::uint32_t> file) {
  const std::uint32_t folder = folder_for(path);
  if (!is_valid_part(last_part(path)) || find(path) != 0) refuse(path);
  const auto index = static_cast<std::uint32_t>(entries_.size());
  ViewEntry entry;
  entry.kind = kind;
  entry.file = file;
  entry.path = path;
  entry.inode = inode_of(snapshot_.id, path);
  entries_[folder].children.push_back(index);
  entries_.push_back(std::move(entry));
  by_path_.emplace(path, index);
  return index;
}

// The folder that `path` lies in, made where it is not there yet.
std::uint32_t SnapshotView::folder_for(std::string_view path) {
  if (path.find('/') == path.npos) return 0;
  const std::string_view above = parent_of(path);
  const std::uint32_t known = find(above);
  if (known == 0) return add(ViewEntry::Kind::folder, above, {});
  if (entries_[known].kind != ViewEntry::Kind::folder) refuse(above);
  return known;
}

std::uint32_t SnapshotView::find(std::string_view path) const {
  const auto place = by_path_.find(path);
  return place == by_path_.end() ? 0 : place->second;
}

std::uint32_t SnapshotView::child(std::uint32_t folder, std::string_view name) const {
  const std::string& above = entries_.at(folder).path;
  return find(above.empty() ? std::string(name) : fmt::format("{}/{}", above, name));
}

const std::string& SnapshotView::json() const {
  std::call_once(json_made_, [this] { json_ = snapshot_json(snapshot_); });
  return json_;
}

void SnapshotView::refuse(std::string_view path) const {
  throw corrupt_error(
      fmt::format("the file list of snapshot {} (at \"{}\")", snapshot_.name, path));
}

Snapshot only_source(Snapshot snapshot, const std::string& source) {
  const auto wanted = std::find_if(snapshot.sources.begin(), snapshot.sources.end(),
                                   [&](const SourceInfo& info) { return info.name == source; });
  const auto index = static_cast<std::uint32_t>(wanted - snapshot.sources.begin());
  std::erase_if(snapshot.files, [&](const FileEntry& file) { return file.source != index; });
  for (FileEntry& file : snapshot.files) file.source = 0;
  std::erase_if(snapshot.sources, [&](const SourceInfo& info) { return info.name != source; });
  std::erase_if(snapshot.attestations,
                [&](const Attestation& attestation) { return attestation.source != source; });
  return snapshot;
}

}  // namespace varve
