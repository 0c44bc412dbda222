#include "store/snapshot.h"

#include <algorithm>

namespace varve {

std::uint64_t Snapshot::raw_bytes() const {
  std::uint64_t sum = 0;
  for (const FileEntry& file : files) sum += file.size;
  return sum;
}

const FileEntry* Snapshot::find(std::string_view path) const {
  const auto found = std::ranges::lower_bound(files, path, {}, &FileEntry::path);
  return found != files.end() && found->path == path ? &*found : nullptr;
}

bool Snapshot::has_folder(std::string_view path) const {
  const FileEntry* entry = find(path);
  if (entry != nullptr) return entry->type == FileType::folder;
  const std::string below = std::string(path) + '/';
  const auto first = std::ranges::lower_bound(files, below, {}, &FileEntry::path);
  return first != files.end() && first->path.starts_with(below);
}

std::size_t Snapshot::count(FileType type) const {
  return static_cast<std::size_t>(std::ranges::count(files, type, &FileEntry::type));
}

std::string Snapshot::verified() const {
  bool all_full = !sources.empty();
  for (const SourceInfo& source : sources) {
    const auto last = std::find_if(attestations.rbegin(), attestations.rend(),
                                   [&](const Attestation& a) { return a.source == source.name; });
    if (last == attestations.rend()) return "none";
    if (!last->passed) return "failed";
    all_full = all_full && last->level == "full";
  }
  return sources.empty() ? "none" : all_full ? "full" : "quick";
}

std::optional<Sha256> Snapshot::sha256_of(std::string_view path) const {
  for (auto it = attestations.rbegin(); it != attestations.rend(); ++it) {
    if (it->file == path && it->sha256) return it->sha256;
  }
  return std::nullopt;
}

}  // namespace varve
