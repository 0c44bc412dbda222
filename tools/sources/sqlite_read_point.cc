#include "tools/sources/sqlite_read_point.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "tools/sources/sqlite_companions.h"

namespace varve {
namespace {

using Mode = ReadTransaction::Mode;
using std::chrono::steady_clock;

constexpr int kModeChanges = 10;
constexpr std::chrono::milliseconds kShortestSearch = std::chrono::seconds(5);

SqliteHeader header_of(const SqliteFile& file) {
  SqliteHeader header;
  file.read(0, header.bytes);
  return header;
}

Mode mode_of(const SqliteHeader& header) { return header.is_wal() ? Mode::wal : Mode::rollback; }

// A database in WAL mode is opened for writing, and SQLite would then roll a crashed
// transaction back (one that changed the journal mode, say) without a word.
void refuse_hot_journal(const Path& database, const Patience& patience) {
  if (!has_live_journal(database)) return;
  const SqliteResult result = ReadTransaction(database, Mode::rollback, patience).begin();
  if (result.code == SQLITE_READONLY_ROLLBACK) {
    throw read_error(database, result, patience.busy_timeout);
  }
}

Error written_too_fast(const Path& database, std::chrono::milliseconds searched) {
  return Error(ErrorCode::locked,
               fmt::format("cannot copy {}: it is written so fast that no moment between two "
                           "transactions was found in {}; run the ingest again at another time",
                           database.string(), to_text(searched)));
}

}  // namespace

SqliteReadPoint::SqliteReadPoint(Path database, Patience patience)
    : path_(std::move(database)), patience_(std::move(patience)) {
  for (int i = 0; i < kModeChanges; ++i) {
    if (try_open(mode_of(header_of(OpenedSqliteFile(path_).file())))) return;
  }
  throw Error(ErrorCode::locked,
              fmt::format("cannot copy {}: its journal mode changes all the time; run the ingest "
                          "again at another time",
                          path_.string()));
}

// False where the journal mode changed before the transaction began.
bool SqliteReadPoint::try_open(Mode mode) {
  if (mode == Mode::wal) refuse_hot_journal(path_, patience_);
  transaction_.emplace(path_, mode, patience_);
  const SqliteResult result = transaction_->begin();
  if (means_damage(result)) {
    read_without_transaction(result.words);
    return true;
  }
  if (result.code != SQLITE_OK) throw read_error(path_, result, patience_.busy_timeout);
  file_ = transaction_->database();
  if (mode_of(header_of(*file_)) != mode) return false;
  if (mode == Mode::wal) {
    find_log_state();
  } else {
    size_ = file_->size();
  }
  read_header();
  return true;
}

void SqliteReadPoint::find_log_state() {
  const auto longest = std::max(patience_.busy_timeout, kShortestSearch);
  const auto deadline = steady_clock::now() + longest;
  while (!pin_log_state()) {
    if (steady_clock::now() > deadline) throw written_too_fast(path_, longest);
    std::this_thread::yield();
  }
}

// One try of point 1 in the header. Leaves a transaction open if it succeeds.
bool SqliteReadPoint::pin_log_state() {
  const WalIndex index(*file_);
  transaction_->end();
  const std::optional<WalState> before = index.state();
  const SqliteResult result = transaction_->begin();
  if (result.code != SQLITE_OK) throw read_error(path_, result, patience_.busy_timeout);
  const std::uint32_t backfilled = index.backfilled_frames();
  const std::optional<WalState> after = index.state();
  if (!before || before != after) return false;
  use_log(*after, index, backfilled);
  return true;
}

void SqliteReadPoint::use_log(const WalState& state, const WalIndex& index,
                              std::uint32_t backfilled) {
  if (state.version() != WalIndex::kVersion) {
    throw Error(ErrorCode::failed,
                fmt::format("cannot copy {}: its write-ahead log has version {}, which this "
                            "varve does not know",
                            path_.string(), state.version()));
  }
  // Until something is written to an empty log, its index does not know the database's size.
  size_ = state.page_count() == 0 ? file_->size()
                                  : std::uint64_t{state.page_count()} * state.page_size();
  if (backfilled == state.last_frame()) return;
  overlay_.emplace(transaction_->log(), state, index.frame_pages(state.last_frame()));
}

void SqliteReadPoint::read_without_transaction(std::string damage) {
  transaction_.reset();
  damage_ = std::move(damage);
  unlocked_stamp_ = stamp_of(path_);
  unlocked_.emplace(path_);
  file_ = unlocked_->file();
  size_ = file_->size();
  read_header();
}

void SqliteReadPoint::read_header() {
  if (size_ < SqliteHeader::kSize) return;
  file_->read(0, header_.bytes);
  if (overlay_) overlay_->lay_over(0, header_.bytes);
}

void SqliteReadPoint::read(std::uint64_t offset, MutableBytes out) {
  file_->read(offset, out);
  if (overlay_) overlay_->lay_over(offset, out);
  if (header_.is_wal()) leave_wal_mode(offset, out);
}

void SqliteReadPoint::finish() const {
  if (!damage_ || stamp_of(path_) == unlocked_stamp_) return;
  throw Error(ErrorCode::failed,
              fmt::format("{} changed while it was copied, and SQLite can hold no lock on it ({}); "
                          "run the ingest when nobody writes to it",
                          path_.string(), *damage_));
}

}  // namespace varve
