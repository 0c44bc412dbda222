#include "store/snapshots/snapshot.h"

#include <algorithm>

#include "store/snapshots/proof.h"

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

std::string Snapshot::verified(std::string_view source) const {
  const Attestation* proof = deciding_attestation(*this, source);
  if (proof == nullptr) return "none";
  return proof->passed ? proof->level : "failed";
}

std::string Snapshot::verified() const {
  std::string weakest = sources.empty() ? "none" : "";
  for (const SourceInfo& source : sources) {
    std::string own = verified(source.name);
    if (own == "failed") return own;
    if (weakest.empty() || !is_proven_enough(own, weakest)) weakest = own;
  }
  return weakest;
}

std::optional<Sha256> Snapshot::sha256_of(std::string_view path) const {
  for (auto it = attestations.rbegin(); it != attestations.rend(); ++it) {
    if (it->file == path && it->sha256) return it->sha256;
  }
  return std::nullopt;
}

}  // namespace varve
