#include "store/repository/reader_session.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <system_error>
#include <utility>

#include "store/core/error.h"
#include "store/core/read_only.h"
#include "store/core/time.h"

namespace varve {
namespace {

constexpr std::string_view kReaderPrefix = "reader-";
constexpr std::string_view kPinsSuffix = ".pins";

using RandomName = Id<struct ReaderNameTag, 8>;

Path locks_of(const Path& repository) { return repository / "locks"; }

Path pins_beside(const Path& lock) {
  Path pins = lock;
  return pins += kPinsSuffix;
}

std::optional<FileLock> register_reader(const Path& repository, const std::string& description) {
  if (is_read_only(repository)) return std::nullopt;
  const Path path = locks_of(repository) /
                    fmt::format("{}{}", kReaderPrefix, to_hex(random_id<RandomName>().view()));
  auto lock = FileLock::try_acquire(path);
  if (!lock) throw Error(ErrorCode::locked, path.native() + " is held by another process");
  try {
    lock->describe(
        fmt::format("pid {}, {}, since {}", ::getpid(), description, to_iso(Timestamp::now())));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::no_space) throw;  // words for people only
  }
  return lock;
}

std::vector<Path> reader_locks(const Path& repository) {
  std::vector<Path> found;
  std::error_code absent;  // then nobody holds a lock there
  for (const auto& item : std::filesystem::directory_iterator(locks_of(repository), absent)) {
    const std::string name = item.path().filename().native();
    if (name.starts_with(kReaderPrefix) && !name.ends_with(kPinsSuffix)) {
      found.push_back(item.path());
    }
  }
  return found;
}

void remove_if_dead(const Path& lock_path) {
  auto lock = FileLock::try_acquire(lock_path);
  if (!lock) return;
  remove_file(pins_beside(lock_path));
  lock->remove();
}

// Every whole line is a record. A line that is still being written has no end yet: its reader
// has not looked at the catalog, and gc has.
void decode_pins(std::string_view text, std::map<SnapshotId, Snapshot>& found) {
  for (std::size_t end = text.find('\n'); end != text.npos; end = text.find('\n')) {
    const auto record = from_hex(text.substr(0, end));
    if (!record) throw corrupt_error("a reader's list of pinned snapshots");
    Snapshot snapshot = decode_record(*record);
    found.try_emplace(snapshot.id, std::move(snapshot));
    text.remove_prefix(end + 1);
  }
}

}  // namespace

ReaderSession::ReaderSession(Repository& repository, const std::string& description)
    : lock_(register_reader(repository.path(), description)) {
  if (!lock_) return;
  pins_path_ = pins_beside(lock_->path());
  pins_ = File::create_new(pins_path_);
}

ReaderSession::~ReaderSession() {
  if (!lock_) return;
  try {
    remove_file(pins_path_);
    lock_->remove();
  } catch (const std::exception&) {
    // The next gc removes what a dead reader left.
  }
}

void ReaderSession::pin(const std::vector<Snapshot>& snapshots) {
  if (!lock_) return;
  std::map<SnapshotId, std::string> fresh;
  for (const Snapshot& snapshot : snapshots) {
    if (!lines_.contains(snapshot.id)) {
      fresh.emplace(snapshot.id, to_hex(encode_record(snapshot)) + '\n');
    }
  }
  std::string text;
  for (const auto& [id, line] : fresh) text += line;
  if (!text.empty()) append(text);
  lines_.merge(fresh);
}

void ReaderSession::append(const std::string& lines) {
  const std::uint64_t before = pins_.size();
  try {
    pins_.write_all_at(before, as_bytes(lines));
  } catch (const Error&) {
    pins_.truncate(before);  // a part of a line would spoil the next one
    throw;
  }
}

void ReaderSession::keep_only(const std::vector<SnapshotId>& ids) {
  const std::set<SnapshotId> wanted(ids.begin(), ids.end());
  const std::size_t dropped =
      std::erase_if(lines_, [&](const auto& line) { return !wanted.contains(line.first); });
  if (dropped > 0) rewrite();
}

void ReaderSession::rewrite() {
  std::string text;
  for (const auto& [id, line] : lines_) text += line;
  AtomicFile fresh(pins_path_);
  fresh.file().write_all(as_bytes(text));
  fresh.publish_unsynced();
  pins_ = File::open_or_create(pins_path_);
}

std::vector<Snapshot> pinned_snapshots(Repository& repository) {
  std::map<SnapshotId, Snapshot> found;
  for (const Path& lock : reader_locks(repository.path())) {
    if (!FileLock::is_held(lock)) {
      remove_if_dead(lock);
      continue;
    }
    // Absent: the reader is only beginning, or has just ended.
    if (const auto pins = File::open_if_exists(pins_beside(lock))) {
      Bytes text(pins->size());
      text.resize(pins->read_at(0, text));
      decode_pins(as_text(text), found);
    }
  }
  std::vector<Snapshot> pinned;
  for (auto& [id, snapshot] : found) pinned.push_back(std::move(snapshot));
  return pinned;
}

bool has_reader(const Path& repository, const std::string& text) {
  const std::vector<Path> locks = reader_locks(repository);
  return std::any_of(locks.begin(), locks.end(), [&](const Path& lock) {
    return FileLock::is_held(lock) && FileLock::holder(lock).find(text) != std::string::npos;
  });
}

}  // namespace varve
