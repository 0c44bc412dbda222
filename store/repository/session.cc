#include "store/repository/session.h"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <system_error>
#include <utility>

#include "store/core/error.h"
#include "store/core/time.h"
#include "store/transform/digest.h"

namespace varve {
namespace {

constexpr std::string_view kIngestPrefix = "ingest-";
constexpr std::string_view kEpochWord = "epoch ";

using RandomName = Id<struct IngestNameTag, 8>;

Path locks_of(Repository& repository) { return repository.path() / "locks"; }
Path repair_lock(Repository& repository) { return locks_of(repository) / "repair"; }

std::string about_us(std::string_view command) {
  return fmt::format("pid {}, {}, since {}", ::getpid(), command, to_iso(Timestamp::now()));
}

// `what` reads like "another gc"; the file's holder is asked for its own words.
FileLock acquire(const Path& path, std::string_view what, std::string_view command) {
  std::optional<FileLock> lock = FileLock::try_acquire(path);
  if (!lock) {
    const std::string holder = FileLock::holder(path);
    throw Error(ErrorCode::locked, fmt::format("{} is running ({}); wait for it or stop it", what,
                                               holder.empty() ? path.native() : holder));
  }
  try {
    lock->describe(about_us(command));
  } catch (const Error& error) {
    // Words for messages only: a full disk must not keep gc from making room.
    if (error.code() != ErrorCode::no_space) throw;
  }
  return std::move(*lock);
}

FileLock register_ingest(Repository& repository) {
  const Path path = locks_of(repository) /
                    fmt::format("{}{}", kIngestPrefix, to_hex(random_id<RandomName>().view()));
  std::optional<FileLock> lock = FileLock::try_acquire(path);
  if (!lock) throw Error(ErrorCode::locked, path.native() + " is held by another process");
  // A repair locks first and then looks for ingests; an ingest the other way round.
  if (FileLock::is_held(repair_lock(repository))) {
    lock->remove();
    throw Error(ErrorCode::locked, fmt::format("a repair is running ({}); wait for it",
                                               FileLock::holder(repair_lock(repository))));
  }
  return std::move(*lock);
}

// Nothing as long as the first line is not whole: its writer has only begun.
std::optional<std::uint64_t> epoch_in(std::string_view content) {
  const std::size_t end = content.find('\n');
  if (end == content.npos || !content.starts_with(kEpochWord)) return std::nullopt;
  const std::string_view digits = content.substr(kEpochWord.size(), end - kEpochWord.size());
  std::uint64_t epoch = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), epoch);
  if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size()) return std::nullopt;
  return epoch;
}

std::vector<Path> ingest_locks(Repository& repository) {
  std::vector<Path> found;
  std::error_code absent;  // then nobody holds a lock there
  for (const auto& item : std::filesystem::directory_iterator(locks_of(repository), absent)) {
    if (item.path().filename().native().starts_with(kIngestPrefix)) found.push_back(item.path());
  }
  return found;
}

}  // namespace

// The lock comes first: from then on a gc that does not find an epoch assumes the oldest.
IngestSession::IngestSession(Repository& repository)
    : lock_(register_ingest(repository)), epoch_(repository.catalog().epoch()) {
  lock_.describe(fmt::format("{}{}\n{}\n", kEpochWord, epoch_, about_us("varve ingest")));
}

IngestSession::~IngestSession() {
  try {
    lock_.remove();
  } catch (const std::exception&) {
    // Held by nobody any more; whoever looks next removes the file.
  }
}

FileLock lock_source(Repository& repository, const std::string& source_name) {
  const ChunkId hash = chunk_id(as_bytes(source_name));
  return acquire(locks_of(repository) / fmt::format("source-{}", to_hex(hash.view().first(8))),
                 fmt::format("another ingest of {}", source_name), "varve ingest");
}

FileLock lock_gc(Repository& repository) {
  return acquire(locks_of(repository) / "gc", "another gc", "varve gc");
}

FileLock lock_repair(Repository& repository) {
  FileLock lock = acquire(repair_lock(repository), "another repair", "varve repair packs");
  for (const Path& path : ingest_locks(repository)) {
    if (!FileLock::is_held(path)) continue;
    const std::string words = FileLock::holder(path);
    const std::size_t second_line = words.find('\n') + 1;  // 0 where there is none
    throw Error(
        ErrorCode::locked,
        fmt::format("an ingest is running ({}); wait for it or stop it",
                    words.substr(second_line, words.find('\n', second_line) - second_line)));
  }
  return lock;
}

std::vector<std::uint64_t> running_ingests(Repository& repository) {
  std::vector<std::uint64_t> epochs;
  for (const Path& path : ingest_locks(repository)) {
    if (FileLock::is_held(path)) {
      epochs.push_back(epoch_in(FileLock::holder(path)).value_or(0));
    } else if (std::optional<FileLock> dead = FileLock::try_acquire(path)) {
      dead->remove();
    }
  }
  return epochs;
}

}  // namespace varve
