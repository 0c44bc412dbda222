#include "fs/extended_attributes.h"

namespace varve {
namespace {

constexpr std::string_view kSha256 = "user.varve.sha256";
constexpr std::string_view kSource = "user.varve.source";
constexpr std::string_view kVerified = "user.varve.verified";

const SourceInfo* source_of(const Snapshot& snapshot, const FileEntry& file) {
  return file.source < snapshot.sources.size() ? &snapshot.sources[file.source] : nullptr;
}

std::string verified(const Snapshot& snapshot, const FileEntry& file) {
  const SourceInfo* source = source_of(snapshot, file);
  return source == nullptr ? "none" : snapshot.verified(source->name);
}

bool is_snapshot(const ViewEntry& entry) { return entry.path.empty(); }
bool is_file(const ViewEntry& entry) { return entry.kind == ViewEntry::Kind::file; }

}  // namespace

std::vector<std::string> list_attributes(const Snapshot& snapshot, const ViewEntry& entry,
                                         FileHashes& hashes) {
  if (is_snapshot(entry)) return {std::string(kVerified)};
  if (!is_file(entry)) return {};
  std::vector<std::string> names{std::string(kSource), std::string(kVerified)};
  const bool hash_is_known =
      hashes.known(snapshot, snapshot.files.at(entry.file.value())).has_value();
  if (hash_is_known) names.emplace(names.begin(), kSha256);
  return names;
}

std::optional<std::string> read_attribute(const Snapshot& snapshot, const ViewEntry& entry,
                                          std::string_view name, FileHashes& hashes) {
  if (is_snapshot(entry)) {
    return name == kVerified ? std::optional(snapshot.verified()) : std::nullopt;
  }
  if (!is_file(entry)) return std::nullopt;
  const FileEntry& file = snapshot.files.at(entry.file.value());
  if (name == kSha256) return to_hex(hashes.get(snapshot, file).view());
  if (name == kVerified) return verified(snapshot, file);
  if (name == kSource) {
    const SourceInfo* source = source_of(snapshot, file);
    if (source != nullptr) return source->name;
  }
  return std::nullopt;
}

}  // namespace varve
