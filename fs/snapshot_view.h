// One snapshot as a folder tree: its files under their paths, and the two generated ones.
//
// Immutable, thread-safe. The attestations are those of the moment when it was made. Entry 0 is the
// snapshot's folder. The order of the entries follows from the record alone, so that an index means
// the same thing whenever the view is built.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "store/snapshots/snapshot.h"

namespace varve {

inline constexpr std::string_view kSumsName = "SHA256SUMS";
inline constexpr std::string_view kJsonName = "snapshot.json";

struct ViewEntry {
  enum class Kind : std::uint8_t { folder, file, link, sums, json };
  Kind kind = Kind::folder;
  // Index in Snapshot::files: of every file and link, and of folders that the record describes.
  std::optional<std::uint32_t> file;
  std::string path;  // in the snapshot; empty for its folder
  std::uint64_t inode = 0;
  std::vector<std::uint32_t> children;  // folder: files in the order of their paths

  std::string_view name() const;
};

class SnapshotView {
 public:
  // Throws a corrupt Error where the record's paths make no tree.
  explicit SnapshotView(Snapshot snapshot);

  const Snapshot& snapshot() const noexcept { return snapshot_; }
  const std::vector<ViewEntry>& entries() const noexcept { return entries_; }
  const ViewEntry& at(std::uint32_t index) const { return entries_.at(index); }
  // Of an entry that has one.
  const FileEntry& file_of(const ViewEntry& entry) const {
    return snapshot_.files.at(entry.file.value());
  }
  // The child of a folder with this name; 0 (no child) where there is none.
  std::uint32_t child(std::uint32_t folder, std::string_view name) const;
  // The text of snapshot.json, made when it is first asked for.
  const std::string& json() const;

 private:
  std::uint32_t add(ViewEntry::Kind kind, std::string_view path, std::optional<std::uint32_t> file);
  std::uint32_t folder_for(std::string_view path);
  std::uint32_t find(std::string_view path) const;
  [[noreturn]] void refuse(std::string_view path) const;

  Snapshot snapshot_;
  std::vector<ViewEntry> entries_;
  std::map<std::string, std::uint32_t, std::less<>> by_path_;
  mutable std::once_flag json_made_;
  mutable std::string json_;
};

// Only one source and its files are left.
Snapshot only_source(Snapshot snapshot, const std::string& source);

}  // namespace varve
