#include "store/repository/trail.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <system_error>

#include "store/core/error.h"

namespace varve {
namespace {

constexpr std::string_view kPrefix = "trail-";
constexpr std::string_view kPack = "pack ";
constexpr std::string_view kSnapshot = "snapshot ";
constexpr std::string_view kForgotten = "forgotten ";
constexpr std::size_t kLargestBatch = 64;

using RandomName = Id<struct TrailNameTag, 8>;

template <class AnyId>
std::string line_of(std::string_view word, const AnyId& id) {
  return fmt::format("{}{}\n", word, to_hex(id.view()));
}

FileLock create(const Path& repository) {
  const Path locks = repository / "locks";
  const Path path = locks / fmt::format("{}{}", kPrefix, to_hex(random_id<RandomName>().view()));
  std::optional<FileLock> lock = FileLock::try_acquire(path);
  if (!lock) throw Error(ErrorCode::locked, path.native() + " is held by another process");
  sync_directory(locks);
  return std::move(*lock);
}

template <class AnyId>
bool read_id(std::string_view line, std::string_view word, std::set<AnyId>& ids) {
  if (!line.starts_with(word)) return false;
  const std::optional<Bytes> bytes = from_hex(line.substr(word.size()));
  if (!bytes || bytes->size() != AnyId::size) return false;
  ids.insert(AnyId::from(*bytes));
  return true;
}

// A name counts with its line's end: before that nobody has used it.
TrailNames parse(std::string_view text) {
  TrailNames names;
  for (std::size_t end = 0; (end = text.find('\n')) != text.npos; text.remove_prefix(end + 1)) {
    const std::string_view line = text.substr(0, end);
    if (read_id(line, kForgotten, names.forgotten)) continue;
    if (!read_id(line, kPack, names.packs)) read_id(line, kSnapshot, names.snapshots);
  }
  names.snapshots.insert(names.forgotten.begin(), names.forgotten.end());
  return names;
}

std::vector<Path> trails_in(const Path& repository) {
  std::vector<Path> found;
  std::error_code absent;  // then there are none
  for (const auto& item : std::filesystem::directory_iterator(repository / "locks", absent)) {
    if (item.path().filename().native().starts_with(kPrefix)) found.push_back(item.path());
  }
  return found;
}

// Nothing where its command has just finished.
std::optional<TrailNames> read_names(const Path& trail) {
  const std::optional<File> file = File::open_if_exists(trail);
  if (!file) return std::nullopt;
  Bytes bytes(file->size());
  bytes.resize(file->read_at(0, bytes));
  return parse(as_text(bytes));
}

}  // namespace

PackId Trail::new_pack() {
  const std::lock_guard lock(mutex_);
  if (packs_.empty()) {
    std::vector<PackId> fresh(batch_);
    for (PackId& id : fresh) {
      id = random_id<PackId>();
      unsaid_ += line_of(kPack, id);
    }
    write();
    packs_ = std::move(fresh);
    batch_ = std::min(2 * batch_, kLargestBatch);
  }
  const PackId id = packs_.back();
  packs_.pop_back();
  return id;
}

SnapshotId Trail::new_snapshot() {
  const std::lock_guard lock(mutex_);
  const auto id = random_id<SnapshotId>();
  unsaid_ += line_of(kSnapshot, id);
  return id;
}

void Trail::forget(const std::vector<SnapshotId>& ids) {
  const std::lock_guard lock(mutex_);
  for (const SnapshotId& id : ids) unsaid_ += line_of(kForgotten, id);
  write();
}

void Trail::say() {
  const std::lock_guard lock(mutex_);
  if (!unsaid_.empty()) write();
}

void Trail::write() {
  if (!file_) file_ = create(repository_);
  file_->append(unsaid_);
  unsaid_.clear();
}

void Trail::finish() noexcept {
  const std::lock_guard lock(mutex_);
  if (!file_) return;
  try {
    file_->remove();
  } catch (const std::exception&) {
    // What it names has its rows, or is gone: gc finds nothing to take, and removes it.
  }
  file_.reset();
}

void TrailNames::add(const TrailNames& others) {
  packs.insert(others.packs.begin(), others.packs.end());
  snapshots.insert(others.snapshots.begin(), others.snapshots.end());
  forgotten.insert(others.forgotten.begin(), others.forgotten.end());
}

TrailNames names_on_trails(const Path& repository) {
  TrailNames all;
  for (const Path& trail : trails_in(repository)) {
    if (const std::optional<TrailNames> names = read_names(trail)) all.add(*names);
  }
  return all;
}

std::vector<DeadTrail> DeadTrail::find_all(const Path& repository) {
  std::vector<DeadTrail> found;
  for (const Path& trail : trails_in(repository)) {
    if (FileLock::is_held(trail)) continue;
    std::optional<FileLock> lock = FileLock::try_acquire(trail);
    if (!lock) continue;
    std::optional<TrailNames> names = read_names(trail);
    if (names) found.push_back(DeadTrail(std::move(*lock), std::move(*names)));
  }
  return found;
}

}  // namespace varve
