#include "tools/restore/filling_database.h"

#include <fmt/format.h>

namespace varve {
namespace {

constexpr auto kFilling = DatabaseMark::State::filling;
constexpr int kLockClass = 0x76617276;  // "varv", beside the hash of the name

bool try_lock(PostgresConnection& connection, const std::string& name) {
  return connection.value(fmt::format("SELECT pg_try_advisory_lock({}, hashtext({}))", kLockClass,
                                      connection.literal(name))) == "t";
}

void unlock(PostgresConnection& connection, const std::string& name) {
  connection.query(fmt::format("SELECT pg_advisory_unlock({}, hashtext({}))", kLockClass,
                               connection.literal(name)));
}

std::string drop_left(PostgresAdmin& admin, const std::string& name) {
  try {
    admin.drop(name);
    return fmt::format("dropped {}, which a restore left when it was killed", name);
  } catch (const PostgresError& error) {
    if (error.state().empty()) throw;
    return fmt::format("{} was left by a restore that was killed, and cannot be dropped: {}", name,
                       error.what());
  }
}

}  // namespace

FillingDatabase::FillingDatabase(PostgresAdmin& admin, const std::string& repository,
                                 Timestamp since, const DatabaseShape& shape)
    : admin_(admin), name_(admin.free_name(kFilling, since)) {
  PostgresConnection& connection = admin_.connection();
  if (!try_lock(connection, name_)) {
    throw Error(ErrorCode::failed,
                fmt::format("another restore makes {} just now: try again", name_));
  }
  try {
    admin_.create(name_, shape);
  } catch (...) {
    unlock(connection, name_);
    throw;
  }
  try {
    mark(repository, since);
  } catch (...) {
    drop();
    throw;
  }
}

void FillingDatabase::mark(const std::string& repository, Timestamp since) {
  const DatabaseMark mark{.state = kFilling,
                          .of = admin_.database(),
                          .since = since,
                          .repository = repository,
                          .safety = {},
                          .comment = {}};
  admin_.set_comment({name_, to_comment(mark)});
}

FillingDatabase::~FillingDatabase() {
  if (!is_kept_) drop();
}

void FillingDatabase::drop() noexcept {
  try {
    // Not over the admin's connection: where the restore was interrupted, that one is, too.
    PostgresAdmin(admin_.target(), {}).drop(name_);
  } catch (const std::exception&) {
    // the server is gone; the next restore clears it away
  }
}

std::vector<std::string> drop_left_databases(PostgresAdmin& admin) {
  const PostgresAdmin::NamedSo found = admin.named_after_target(kFilling);
  std::vector<std::string> words;
  for (const PostgresAdmin::Marked& left : found.marked) {
    if (!try_lock(admin.connection(), left.name)) continue;  // it is being filled
    words.push_back(drop_left(admin, left.name));
    unlock(admin.connection(), left.name);
  }
  for (const std::string& name : found.unmarked) {
    words.push_back(
        fmt::format("{} looks like what a killed restore leaves, but bears no mark of "
                    "one: drop it if nobody needs it",
                    name));
  }
  return words;
}

}  // namespace varve
