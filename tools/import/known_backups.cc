#include "tools/import/known_backups.h"

#include <algorithm>
#include <limits>

#include "tools/import/old_backup_source.h"

namespace varve {
namespace {

std::string fact(const SourceInfo& source, const char* name) {
  const auto found = source.facts.find(name);
  return found == source.facts.end() ? "" : found->second;
}

// Not read: what lies in the same place, and was not changed since.
bool is_surely(const KnownBackup& known, const OldBackup& backup) {
  if (known.location != backup.path.string()) return false;
  // Imported by a varve that kept no more than the place.
  if (known.size.empty()) return true;
  return known.size == std::to_string(backup.size) && known.changed == to_text(backup.changed);
}

}  // namespace

KnownBackups::KnownBackups(const std::vector<Snapshot>& snapshots) {
  for (const Snapshot& snapshot : snapshots) add(snapshot);
}

void KnownBackups::add(const Snapshot& snapshot) {
  for (const SourceInfo& source : snapshot.sources) {
    Timestamp& newest = newest_.try_emplace(source.name, snapshot.time).first->second;
    newest = std::max(newest, snapshot.time);
    if (!source.facts.contains("imported_from")) continue;
    known_.emplace(Key{source.name, snapshot.time.seconds},
                   KnownBackup{.id = snapshot.id,
                               .snapshot = snapshot.name,
                               .location = source.location,
                               .size = fact(source, "imported_size"),
                               .changed = fact(source, "imported_changed"),
                               .sha256 = fact(source, "imported_sha256"),
                               .added_bytes = snapshot.added_bytes});
  }
}

const KnownBackup* KnownBackups::find(const OldBackup& backup, const std::stop_token& stop) const {
  const auto [begin, end] = known_.equal_range({backup.source, backup.time.seconds});
  if (begin == end) return nullptr;
  for (auto known = begin; known != end; ++known) {
    if (is_surely(known->second, backup)) return &known->second;
  }
  const std::string sha256 = to_hex(sha256_of_content(backup, stop).view());
  const auto same =
      std::find_if(begin, end, [&](const auto& known) { return known.second.sha256 == sha256; });
  return same == end ? nullptr : &same->second;
}

const KnownBackup* KnownBackups::of_its_time(const OldBackup& backup) const {
  const auto known = known_.find({backup.source, backup.time.seconds});
  return known == known_.end() ? nullptr : &known->second;
}

std::optional<Timestamp> KnownBackups::newest(const std::string& source) const {
  const auto found = newest_.find(source);
  return found == newest_.end() ? std::nullopt : std::optional(found->second);
}

std::string KnownBackups::other_folder(const OldBackup& backup) const {
  constexpr std::int64_t kFirst = std::numeric_limits<std::int64_t>::min();
  const Path folder = backup.path.parent_path();
  for (auto known = known_.lower_bound({backup.source, kFirst});
       known != known_.end() && known->first.first == backup.source; ++known) {
    const Path other = Path(known->second.location).parent_path();
    if (other != folder) return other.string();
  }
  return {};
}

}  // namespace varve
