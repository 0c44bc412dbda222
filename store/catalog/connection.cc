#include "store/catalog/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>

#include "store/catalog/schema.h"
#include "store/catalog/shared_memory.h"

namespace varve {
namespace {

constexpr int kBusyMilliseconds = 60'000;
constexpr std::chrono::seconds kPatienceAlone{10};
constexpr std::chrono::milliseconds kBetweenTries{20};

constexpr char kConnectionSettings[] =
    "PRAGMA synchronous=FULL;"
    "PRAGMA cache_size=-4096;"      // KiB
    "PRAGMA wal_autocheckpoint=0;"  // see shrink_journal
    "PRAGMA temp_store=MEMORY;"
    "PRAGMA trusted_schema=OFF;"
    "PRAGMA cell_size_check=ON;";

// https://sqlite.org/uri.html
std::string unchanging_uri(const Path& file) {
  std::string uri = "file:";
  for (const char c : file.native()) {
    if (c == '%' || c == '?' || c == '#') {
      uri += fmt::format("%{:02x}", static_cast<unsigned>(c));
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

}  // namespace

const PackRow* PackTable::find(std::uint64_t number) const noexcept {
  const auto at = std::lower_bound(
      entries_.begin(), entries_.end(), number,
      [](const Entry& entry, std::uint64_t wanted) { return entry.number < wanted; });
  return at != entries_.end() && at->number == number ? &at->row : nullptr;
}

Connection::Connection(const Path& file, Sharing sharing) : file_(file), sharing_(sharing) {
  std::error_code unknown;  // then opening says why
  if (!std::filesystem::exists(file_, unknown) && !unknown) {
    throw Error(ErrorCode::not_found,
                fmt::format("the catalog {} is missing: 'varve repair catalog' makes it anew",
                            file_.native()));
  }
  if (is_alone()) {
    open_alone();
  } else {
    open();
  }
}

void Connection::make_tables(const Path& file) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr);
  const std::unique_ptr<sqlite3, Closer> database(opened);
  if (code != SQLITE_OK) throw catalog_error(opened, code, file);
  for (const char* sql : {kCatalogFileSettings, kCatalogTables}) {
    const int done = sqlite3_exec(opened, sql, nullptr, nullptr, nullptr);
    if (done != SQLITE_OK) throw catalog_error(opened, done, file);
  }
}

void Connection::open() {
  statements_.clear();
  sqlite3* opened = nullptr;
  const bool unchanging = sharing_ == Sharing::unchanging;
  const int flags = unchanging ? SQLITE_OPEN_READONLY | SQLITE_OPEN_URI : SQLITE_OPEN_READWRITE;
  const std::string name = unchanging ? unchanging_uri(file_) : file_.native();
  const int code =
      sqlite3_open_v2(name.c_str(), &opened, flags | SQLITE_OPEN_NOMUTEX, catalog_file_layer());
  database_.reset(opened);
  if (code != SQLITE_OK) throw catalog_error(opened, code, file_);
  sqlite3_extended_result_codes(opened, 1);
  if (is_alone()) {
    execute("PRAGMA locking_mode=EXCLUSIVE;");
  } else {
    sqlite3_busy_timeout(opened, kBusyMilliseconds);
  }
  execute(kConnectionSettings);
  prove_it_is_a_catalog();
}

// SQLite's own waiting would not do: each of two that want to be alone would keep what it has got,
// and wait for the other.
void Connection::open_alone() {
  const auto end = std::chrono::steady_clock::now() + kPatienceAlone;
  while (true) {
    try {
      return open();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::locked) throw;
      if (std::chrono::steady_clock::now() > end) {
        throw system_error(ENOSPC, fmt::format("cannot use the catalog {} beside another process",
                                               file_.native()));
      }
    }
    database_.reset();
    std::this_thread::sleep_for(kBetweenTries);
  }
}

void Connection::prove_it_is_a_catalog() {
  if (ask("PRAGMA application_id") != kCatalogApplicationId) {
    throw damaged_catalog(file_, "no varve catalog");
  }
  if (ask("PRAGMA user_version") > kCatalogVersion) {
    throw Error(ErrorCode::failed,
                fmt::format("the catalog {} was written by a newer varve: use that one, or let "
                            "'varve repair catalog' make it anew",
                            file_.native()));
  }
}

std::int64_t Connection::ask(const char* sql) {
  Statement once(database_.get(), sql, file_);
  Query query(once);
  return query.step() ? query.integer(0) : 0;
}

Statement& Connection::statement(std::string_view sql) {
  std::unique_ptr<Statement>& prepared = statements_[sql];
  if (!prepared) prepared = std::make_unique<Statement>(database_.get(), sql, file_);
  return *prepared;
}

void Connection::execute(const char* sql) {
  const int code = sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) throw catalog_error(database_.get(), code, file_);
}

const PackTable& Connection::packs() {
  // The version moves with every commit that this connection comes to see, its own included. It
  // is asked inside a transaction, so what is read here belongs to the same moment.
  unsigned version = 0;
  sqlite3_file_control(database_.get(), "main", SQLITE_FCNTL_DATA_VERSION, &version);
  if (packs_version_ == version) return packs_;
  packs_version_ = kNoVersion;
  packs_.clear();
  Query row(
      statement("SELECT number, id, size, condemned_epoch, dropped FROM packs"
                " ORDER BY number"));
  while (row.step()) {
    if (row.blob(1).size() != PackId::size) {
      throw catalog_error(nullptr, SQLITE_CORRUPT, file_);
    }
    packs_.add({row.number(0),
                {PackId::from(row.blob(1)), row.number(2), row.number(3), row.integer(4) != 0}});
  }
  packs_version_ = version;
  return packs_;
}

void Connection::shrink_journal(std::uint64_t longest) noexcept {
  std::error_code absent;
  const std::uintmax_t size = std::filesystem::file_size(Path(file_) += "-wal", absent);
  if (absent || size <= longest) return;
  // Without waiting, this folds in what no reader still needs, and cuts the journal off if that
  // is all of it. The next commit tries again, and the last process to close.
  sqlite3_busy_timeout(database_.get(), 0);
  sqlite3_wal_checkpoint_v2(database_.get(), "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  sqlite3_busy_timeout(database_.get(), kBusyMilliseconds);
}

std::int64_t Connection::changed_rows() const noexcept {
  return sqlite3_changes64(database_.get());
}

bool Connection::in_transaction() const noexcept {
  return sqlite3_get_autocommit(database_.get()) == 0;
}

Transaction::Transaction(Connection& connection, Kind kind) : connection_(connection), kind_(kind) {
  Query(connection_.statement(kind == Kind::read ? "BEGIN" : "BEGIN IMMEDIATE")).run();
}

Transaction::~Transaction() {
  if (kind_ == Kind::write) connection_.forget_packs();
  if (is_over_) return;
  try {
    // SQLite has rolled back already after some errors.
    if (connection_.in_transaction()) connection_.execute("ROLLBACK");
  } catch (const Error&) {
    return;  // the connection's next BEGIN says what is wrong with it
  }
  // On a disk that filled up, what was written in vain is in everybody's way.
  if (kind_ == Kind::write) connection_.shrink_journal(0);
}

void Transaction::commit() {
  Query(connection_.statement("COMMIT")).run();
  is_over_ = true;
  if (kind_ == Kind::write) connection_.shrink_journal(Connection::kLongestJournal);
}

}  // namespace varve
