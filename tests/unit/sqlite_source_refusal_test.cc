// What is no source, or cannot be one at this moment: one clear line each.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstring>
#include <filesystem>
#include <functional>
#include <thread>

#include "store/core/error.h"
#include "tests/support/staying_child.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/collecting_builder.h"
#include "tests/unit/live_database.h"
#include "tools/sources/plain_file_source.h"
#include "tools/sources/sqlite_source.h"

namespace varve {
namespace {

namespace fs = std::filesystem;
using test::content_of;
using test::LiveDatabase;
using test::write_content;

constexpr uid_t kNobody = 65534;

// The message of the Error that `act` must throw; it is one line.
std::string message_of(const std::function<void()>& act, ErrorCode code = ErrorCode::failed) {
  try {
    act();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

std::string open_message(const Path& path, ErrorCode code = ErrorCode::failed,
                         std::chrono::milliseconds busy_timeout = std::chrono::milliseconds(1)) {
  return message_of([&] { SqliteSource(path, "a.db", {busy_timeout, {}}).open(); }, code);
}

void expect_refused(const Path& path, std::string_view why) {
  const std::string by_fingerprint = message_of([&] { SqliteSource(path, "a.db").fingerprint(); });
  EXPECT_EQ(by_fingerprint, open_message(path));
  EXPECT_NE(by_fingerprint.find(path.string()), std::string::npos) << by_fingerprint;
  EXPECT_NE(by_fingerprint.find(why), std::string::npos) << by_fingerprint;
}

// No file for any source: a plain stream refuses them in the same words.
void expect_no_file(const Path& path, std::string_view why) {
  expect_refused(path, why);
  EXPECT_EQ(open_message(path), message_of([&] { PlainFileSource(path, "a").open(); }));
  EXPECT_EQ(open_message(path), message_of([&] { PlainFileSource(path, "a").fingerprint(); }));
}

std::string as_nobody(const std::function<std::string()>& act) {
  return StayingChild([&] {
           if (::setresgid(kNobody, kNobody, kNobody) != 0 ||
               ::setresuid(kNobody, kNobody, kNobody) != 0) {
             throw std::runtime_error("cannot become nobody");
           }
           return act();
         })
      .said();
}

std::string refusal_of(const Path& path) {
  try {
    SqliteSource(path, "a.db", {std::chrono::milliseconds(1), {}}).open();
  } catch (const Error& error) {
    return error.what();
  }
  return "opened";
}

TEST(SqliteSourceRefusal, Missing) {
  const TempFolder folder;
  expect_no_file(folder / "absent.db", "no such file");
  expect_no_file(folder / "absent/a.db", "no such file");
}

TEST(SqliteSourceRefusal, Folder) {
  const TempFolder folder;
  expect_no_file(folder.path(), "it is a folder");
}

TEST(SqliteSourceRefusal, PathThroughAFile) {
  const TempFolder folder;
  write_content(folder / "file", {});
  expect_no_file(folder / "file/a.db", "not a folder");
}

TEST(SqliteSourceRefusal, LinkInACircle) {
  const TempFolder folder;
  fs::create_symlink("loop.db", folder / "loop.db");
  expect_no_file(folder / "loop.db", "circle");
}

TEST(SqliteSourceRefusal, NamedPipe) {
  const TempFolder folder;
  const Path path = folder / "pipe";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  expect_no_file(path, "named pipe");
}

TEST(SqliteSourceRefusal, Socket) {
  const TempFolder folder;
  const Path path = folder / "socket";
  const File socket(::socket(AF_UNIX, SOCK_STREAM, 0), path);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  ASSERT_LT(path.string().size(), sizeof address.sun_path);
  std::strcpy(address.sun_path, path.c_str());
  ASSERT_EQ(::bind(socket.fd(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  expect_no_file(path, "it is a socket");
}

TEST(SqliteSourceRefusal, Device) { expect_no_file("/dev/null", "it is a device"); }

TEST(SqliteSourceRefusal, NoDatabase) {
  const TempFolder folder;
  const Path path = folder / "a.db";
  Bytes text(4096, std::byte{'x'});
  for (const std::size_t size : {1UL, 99UL, 100UL, 4096UL}) {
    write_content(path, ByteView(text).first(size));
    expect_refused(path, "--raw");
  }
  // The magic alone makes no database.
  const std::string_view magic("SQLite format 3\0", 16);
  write_content(path, as_bytes(magic));
  expect_refused(path, "it is no SQLite database");
}

TEST(SqliteSourceRefusal, NotReadable) {
  const TempFolder folder;
  const Path path = folder / "a.db";
  LiveDatabase(path).execute("CREATE TABLE t(a)");
  fs::permissions(folder.path(), fs::perms(0755));
  fs::permissions(path, fs::perms(0600));
  const std::string message = as_nobody([&] { return refusal_of(path); });
  EXPECT_NE(message.find(path.string() + ": permission denied"), std::string::npos) << message;
}

TEST(SqliteSourceRefusal, WalDatabaseInAFolderThatCannotBeWritten) {
  const TempFolder folder;
  const Path path = folder / "a.db";
  LiveDatabase(path).execute("PRAGMA journal_mode=WAL; CREATE TABLE t(a)");
  fs::permissions(folder.path(), fs::perms(0755));
  fs::permissions(path, fs::perms(0644));
  const std::string message = as_nobody([&] { return refusal_of(path); });
  EXPECT_NE(message.find(path.string()), std::string::npos) << message;
  EXPECT_NE(message.find("WAL mode"), std::string::npos) << message;
  EXPECT_NE(message.find(fmt::format("let varve write to {}", folder.path().string())),
            std::string::npos);
}

TEST(SqliteSourceRefusal, LockedByAnotherProcess) {
  const TempFolder folder;
  const Path path = folder / "a.db";
  LiveDatabase(path).execute("CREATE TABLE t(a)");
  StayingChild holder([&] {
    auto* database = new LiveDatabase(path);  // never closed
    database->execute("BEGIN EXCLUSIVE");
    return std::string();
  });
  const std::string message = open_message(path, ErrorCode::locked, std::chrono::milliseconds(1));
  EXPECT_NE(message.find(path.string()), std::string::npos) << message;
  EXPECT_NE(message.find("locked by another process for longer than 0.001 s"), std::string::npos)
      << message;
  EXPECT_NE(message.find("--busy-timeout"), std::string::npos) << message;

  holder.kill();
  EXPECT_NO_THROW(SqliteSource(path, "a.db").open());
}

TEST(SqliteSourceRefusal, WaitsForALockThatIsHeldShortly) {
  const TempFolder folder;
  const Path path = folder / "a.db";
  LiveDatabase database(path);
  database.execute("CREATE TABLE t(a); BEGIN EXCLUSIVE");
  std::jthread holder([&] { database.execute("INSERT INTO t VALUES(1); COMMIT"); });
  SqliteSource source(path, "a.db", {std::chrono::minutes(1), {}});
  const test::Copied copied = test::copy_of(source);
  holder.join();
  EXPECT_EQ(copied.bytes, content_of(path));
}

// A database and its journal as a crash leaves them: copied in the middle of a transaction that
// is too large for the cache.
void make_hot_journal(const TempFolder& folder, const Path& path) {
  const Path live = folder / "live.db";
  LiveDatabase database(live);
  database.execute(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, a); WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL "
      "SELECT i + 1 FROM n WHERE i < 500) INSERT INTO t SELECT i, zeroblob(1000) FROM n;"
      "PRAGMA synchronous=FULL; PRAGMA cache_size=5; BEGIN; UPDATE t SET a = randomblob(1000)");
  fs::copy_file(live, path);
  fs::copy_file(live.string() + "-journal", path.string() + "-journal");
}

TEST(SqliteSourceRefusal, HotJournal) {
  const TempFolder folder;
  const Path path = folder / "a.db";
  make_hot_journal(folder, path);
  const Bytes before = content_of(path);

  const std::string message = open_message(path);
  EXPECT_NE(message.find(path.string() + "-journal"), std::string::npos) << message;
  EXPECT_NE(message.find("a writer crashed"), std::string::npos) << message;
  EXPECT_EQ(content_of(path), before);
  EXPECT_TRUE(fs::exists(path.string() + "-journal"));
  EXPECT_TRUE(SqliteSource(path, "a.db").fingerprint().empty());

  // The way out that it names.
  const std::string command = fmt::format("sqlite3 '{}' 'PRAGMA schema_version'", path.string());
  ASSERT_NE(message.find(command), std::string::npos) << message;
  ASSERT_EQ(std::system((command + " > /dev/null").c_str()), 0);
  SqliteSource source(path, "a.db");
  EXPECT_EQ(test::copy_of(source).bytes, content_of(path));
  EXPECT_EQ(LiveDatabase(path).text("SELECT count(*) FROM t WHERE a = zeroblob(1000)"), "500");
}

TEST(SqliteSourceRefusal, HotJournalOfAWalDatabase) {
  const TempFolder folder;
  const Path path = folder / "a.db";
  LiveDatabase(path).execute("PRAGMA journal_mode=WAL; CREATE TABLE t(a)");
  const Bytes before = content_of(path);
  write_content(path.string() + "-journal", Bytes(512, std::byte{0xd9}));

  EXPECT_NE(open_message(path).find("a writer crashed"), std::string::npos);
  EXPECT_EQ(content_of(path), before);
}

// A journal that is finished, as journal_mode PERSIST leaves it.
TEST(SqliteSourceRefusal, NotAFinishedJournal) {
  const TempFolder folder;
  const Path path = folder / "a.db";
  LiveDatabase database(path);
  database.execute("PRAGMA journal_mode=PERSIST; CREATE TABLE t(a); INSERT INTO t VALUES(1)");
  ASSERT_TRUE(fs::exists(path.string() + "-journal"));

  SqliteSource source(path, "a.db");
  EXPECT_EQ(test::copy_of(source).bytes, content_of(path));
}

}  // namespace
}  // namespace varve
