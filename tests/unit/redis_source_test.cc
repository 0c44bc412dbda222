// A Redis server as a source: a real one, and one that says whatever a test wants.
#include "tools/sources/redis_source.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "tests/support/expect_error.h"
#include "tests/support/redis_server.h"
#include "tests/support/scripted_server.h"
#include "tests/support/shell.h"
#include "tests/unit/collecting_builder.h"
#include "tools/sources/crc64.h"

namespace varve {
namespace {

using test::CollectingBuilder;

RedisSource source_of(const std::string& uri, RedisOptions options = {}) {
  return {parse_redis_uri(uri), "cache", std::move(options)};
}

RedisOptions with_password(const std::string& password) {
  RedisOptions options;
  options.password = password;
  return options;
}

struct Taken {
  SourceInfo info;
  Bytes rdb;
  std::vector<std::string> warnings;
};

Taken take(RedisSource source) {
  CollectingBuilder builder;
  source.open();
  SourceInfo info = source.copy(builder);
  return {std::move(info), std::move(builder.files.at("cache.rdb")), builder.warnings};
}

Taken take(const std::string& uri, RedisOptions options = {}) {
  return take(source_of(uri, std::move(options)));
}

void fill_with_every_type(const RedisServer& server) {
  server.cli("SET text 'some words'");
  server.cli("SET number 12345");
  server.cli("SETEX fleeting 100000 gone");
  server.cli("RPUSH list a b c");
  server.cli("SADD set 1 2 3");
  server.cli("ZADD zset 1.5 one 2.5 two");
  server.cli("HSET hash field value other 7");
  server.cli("XADD stream '*' k v");
  server.cli("PFADD log a b c");
  server.cli("-n 3 SET elsewhere 1");
  server.cli("DEBUG POPULATE 5000 key 300");
}

void expect_loads(const RedisServer& original, const Bytes& rdb) {
  const TempFolder folder;
  test::write_content(folder / "copy.rdb", rdb);
  const RedisServer copy({}, folder / "copy.rdb");
  EXPECT_EQ(copy.digest(), original.digest());
}

TEST(RedisSource, TakesWhatTheServerSendsWithoutAFile) {
  const RedisServer server({"--repl-diskless-sync", "yes"});
  fill_with_every_type(server);
  const Taken taken = take(server.uri());
  EXPECT_FALSE(std::filesystem::exists(server.rdb()));
  expect_loads(server, taken.rdb);
  EXPECT_EQ(taken.info.kind, "redis");
  EXPECT_EQ(taken.info.location, server.uri());
  EXPECT_EQ(taken.info.facts.at("taken_by"), "replication");
  EXPECT_EQ(taken.info.facts.at("role"), "master");
  EXPECT_EQ(taken.info.facts.at("keys_db3"), "1");
  EXPECT_EQ(taken.info.facts.at("rdb_checksum"), "yes");
  EXPECT_EQ(taken.info.facts.at("replication_id").size(), 40U);
  EXPECT_TRUE(taken.warnings.empty());
}

TEST(RedisSource, TakesAFileThatTheServerSendsByteForByte) {
  const RedisServer server({"--repl-diskless-sync", "no"});
  fill_with_every_type(server);
  const Taken taken = take(server.uri());
  EXPECT_TRUE(taken.rdb == test::content_of(server.rdb()));
  EXPECT_EQ(taken.info.facts.at("taken_by"), "replication");
}

TEST(RedisSource, AnEmptyServerIsASmallFile) {
  const RedisServer server;
  const Taken taken = take(server.uri());
  EXPECT_LT(taken.rdb.size(), 300U);
  expect_loads(server, taken.rdb);
}

TEST(RedisSource, AServerWithoutChecksumsIsTakenAndSaysSo) {
  const RedisServer server({"--rdbchecksum", "no"});
  EXPECT_EQ(take(server.uri()).info.facts.at("rdb_checksum"), "no");
}

TEST(RedisSource, AUserWhoMayOnlyReplicateIsEnough) {
  const RedisServer server;
  server.cli("SET a 1");
  server.cli("ACL SETUSER backup on '>s3cret' +psync +replconf +ping");
  const std::string uri = "redis+unix://backup@" + server.socket().native();
  EXPECT_TRUE(source_of(uri, with_password("s3cret")).fingerprint().empty());
  const Taken taken = take(uri, with_password("s3cret"));
  EXPECT_EQ(taken.info.location, uri);
  expect_loads(server, taken.rdb);
}

TEST(RedisSource, AUserWhoMayNotReplicateGetsTheServersOwnFile) {
  const RedisServer server;
  fill_with_every_type(server);
  server.cli("ACL SETUSER backup on nopass '~*' +bgsave +config +info +ping");
  const std::string uri = "redis+unix://backup@" + server.socket().native();
  for (int night = 0; night < 2; ++night) {
    server.cli("SET night " + std::to_string(night));
    const Taken taken = take(uri);
    EXPECT_EQ(taken.info.facts.at("taken_by"), "bgsave");
    EXPECT_TRUE(taken.rdb == test::content_of(server.rdb()));
    expect_loads(server, taken.rdb);
  }
}

TEST(RedisSource, ASaveThatFailsIsAFailure) {
  const RedisServer server;
  server.cli("ACL SETUSER backup on nopass '~*' +bgsave +config +info +ping");
  std::filesystem::permissions(server.folder(), std::filesystem::perms(0500));
  const std::string uri = "redis+unix://backup@" + server.socket().native();
  expect_error(ErrorCode::failed, "its save failed", [&] { take(uri); });
  std::filesystem::permissions(server.folder(), std::filesystem::perms(0700));
}

TEST(RedisSource, AFileOfAnotherServerIsNotTaken) {
  const RedisServer server;
  const std::string uri = "redis+unix://backup@" + server.socket().native();
  // What CONFIG GET says and where the server writes differ, as behind a container's wall.
  server.cli("ACL SETUSER backup on nopass '~*' +bgsave +config +info +ping");
  server.cli("SAVE");
  const std::string folder = server.folder();
  const ScriptedServer liar({"+OK\r\n", "+PONG\r\n", "-NOPERM info\r\n", "-NOPERM replconf\r\n",
                             "-NOPERM replconf\r\n", "-NOPERM psync\r\n", "-NOPERM sync\r\n",
                             fmt::format("*2\r\n$3\r\ndir\r\n${}\r\n{}\r\n", folder.size(), folder),
                             "*2\r\n$10\r\ndbfilename\r\n$8\r\ndump.rdb\r\n",
                             "$26\r\nrdb_bgsave_in_progress:0\r\n\r\n",
                             "+Background saving started\r\n",
                             "$52\r\nrdb_bgsave_in_progress:0\r\nrdb_last_bgsave_status:ok\r\n"});
  expect_error(ErrorCode::failed, "that is another server's file",
               [&] { take("redis+unix://backup@" + liar.path().native()); });
}

TEST(RedisSource, AUserWhoMayDoNeitherIsToldWhatToGrant) {
  const RedisServer server;
  server.cli("ACL SETUSER backup on nopass '~*' +info +ping");
  expect_error(ErrorCode::failed, "ACL SETUSER",
               [&] { take("redis+unix://backup@" + server.socket().native()); });
}

TEST(RedisSource, AReplicaIsASourceToo) {
  const RedisServer master({"--port", std::to_string(RedisServer::free_port())});
  fill_with_every_type(master);
  const RedisServer replica(
      {"--replicaof", "127.0.0.1 " + master.cli("CONFIG GET port | tail -1")});
  while (replica.info("master_link_status") != "up") continue;
  const Taken taken = take(replica.uri());
  EXPECT_EQ(taken.info.facts.at("role"), "slave");
  EXPECT_EQ(taken.info.facts.at("master_link_status"), "up");
  EXPECT_TRUE(source_of(replica.uri()).fingerprint().empty());
  expect_loads(master, taken.rdb);
}

TEST(RedisSource, AReplicaWithoutItsMasterIsRefused) {
  const RedisServer replica(
      {"--replicaof", "127.0.0.1 " + std::to_string(RedisServer::free_port())});
  expect_error(ErrorCode::failed, "replica without a link to its master",
               [&] { take(replica.uri()); });
}

TEST(RedisSource, AServerThatIsLoadingIsRefused) {
  const RedisServer full;
  full.cli("DEBUG POPULATE 20000");
  full.cli("SAVE");
  // It answers between two keys, and takes a hundredth of a second for each.
  const RedisServer loading(
      {"--key-load-delay", "10000", "--loading-process-events-interval-bytes", "1024"}, full.rdb());
  expect_error(ErrorCode::failed, "still loading", [&] { take(loading.uri()); });
}

TEST(RedisSource, AServerThatCannotForkIsRefused) {
  const RedisServer server;
  server.cli("DEBUG POPULATE 1000");
  // As the server's own user, who may lower a limit of its processes without being root.
  struct stat status {};
  ASSERT_EQ(::stat(server.folder().c_str(), &status), 0);
  const std::string limit =
      fmt::format("{} prlimit --nproc=0:0 --pid {}",
                  ::geteuid() != 0 ? ""
                                   : fmt::format("setpriv --reuid={} --regid={} --clear-groups",
                                                 status.st_uid, status.st_gid),
                  server.pid());
  ASSERT_EQ(shell(limit).status, 0);
  expect_error(ErrorCode::failed, "could not fork", [&] { take(server.uri()); });
}

TEST(RedisSource, ProblemsWithPersistenceAreWarnings) {
  const RedisServer server;
  server.cli("SET a 1");
  std::filesystem::permissions(server.folder(), std::filesystem::perms(0500));
  server.cli("BGSAVE");
  while (server.info("rdb_bgsave_in_progress") != "0") continue;
  const Taken taken = take(server.uri());
  ASSERT_EQ(taken.warnings.size(), 1U);
  EXPECT_NE(taken.warnings[0].find("rdb_last_bgsave_status is err"), std::string::npos);
  EXPECT_EQ(taken.info.facts.at("last_save_status"), "err");
  std::filesystem::permissions(server.folder(), std::filesystem::perms(0700));
}

TEST(RedisSource, OneThatIsKilledInTheMiddleIsAFailure) {
  for (const char* diskless : {"yes", "no"}) {
    RedisServer server({"--repl-diskless-sync", diskless, "--rdbcompression", "no"});
    server.cli("DEBUG POPULATE 30000 key 1000");
    RedisSource source = source_of(server.uri());
    CollectingBuilder builder;
    builder.after_each_extent = [&] { server.kill(); };
    source.open();
    expect_error(ErrorCode::failed, "broke the transfer off", [&] { source.copy(builder); });
    EXPECT_TRUE(builder.files.empty());
  }
}

TEST(RedisSource, OneThatFallsSilentIsGivenUp) {
  const RedisServer server({"--rdbcompression", "no"});
  server.cli("DEBUG POPULATE 30000 key 1000");
  RedisOptions options;
  options.limits.silence = std::chrono::milliseconds(300);
  RedisSource source = source_of(server.uri(), options);
  CollectingBuilder builder;
  builder.after_each_extent = [&] { server.send(SIGSTOP); };
  source.open();
  expect_error(ErrorCode::failed, "silent for 1 s", [&] { source.copy(builder); });
  server.send(SIGCONT);
}

TEST(RedisSource, AStopEndsEveryWait) {
  const RedisServer server({"--rdbcompression", "no"});
  server.cli("DEBUG POPULATE 30000 key 1000");
  std::stop_source stop;
  RedisOptions options;
  options.limits.stop = stop.get_token();
  RedisSource source = source_of(server.uri(), options);
  CollectingBuilder builder;
  builder.after_each_extent = [&] {
    server.send(SIGSTOP);
    stop.request_stop();
  };
  source.open();
  expect_error(ErrorCode::interrupted, "interrupted", [&] { source.copy(builder); });
  server.send(SIGCONT);
}

TEST(RedisSource, AFingerprintLastsUntilSomethingChanges) {
  const RedisServer server;
  server.cli("DEBUG POPULATE 100");
  server.cli("SETEX fleeting 100000 gone");
  const std::string started = server.info("rdb_last_save_time");
  while (std::stoll(server.cli("TIME | head -1")) < std::stoll(started) + 2) continue;
  const Bytes before = source_of(server.uri()).fingerprint();
  ASSERT_FALSE(before.empty());
  take(server.uri());
  EXPECT_EQ(source_of(server.uri()).fingerprint(), before) << "a backup is no change";
  server.cli("GET fleeting");
  EXPECT_EQ(source_of(server.uri()).fingerprint(), before) << "reading is no change";
  server.cli("PEXPIRE fleeting 1");
  Bytes last = before;
  const std::string load_function =
      "FUNCTION LOAD \"#!lua name=f\nredis.register_function('f', function() return 1 end)\"";
  for (const std::string& change :
       {std::string("SET a 1"), std::string("APPEND a 2"), std::string("HSET h f v"),
        std::string("DEL h"), std::string("SWAPDB 0 1"), load_function, std::string("FLUSHALL")}) {
    server.cli(change);
    const Bytes after = source_of(server.uri()).fingerprint();
    EXPECT_NE(after, last) << change;
    last = after;
  }
}

TEST(RedisSource, WhatExpiresChangesTheFingerprint) {
  const RedisServer server;
  const std::string started = server.info("rdb_last_save_time");
  while (std::stoll(server.cli("TIME | head -1")) < std::stoll(started) + 2) continue;
  server.cli("SET fleeting 1 PX 400");
  const Bytes before = source_of(server.uri()).fingerprint();
  while (server.cli("DBSIZE") != "0") continue;
  EXPECT_NE(source_of(server.uri()).fingerprint(), before);
}

TEST(RedisSource, PasswordsAreWantedCheckedAndNeverShown) {
  const RedisServer server({"--requirepass", "s3cret"});
  expect_error(ErrorCode::failed, "VARVE_REDIS_PASSWORD", [&] { take(server.uri()); });
  const auto wrong = error_of([&] { take(server.uri(), with_password("wr0ng")); });
  ASSERT_TRUE(wrong);
  EXPECT_NE(std::string(wrong->what()).find("wrong user name or password"), std::string::npos);
  EXPECT_EQ(std::string(wrong->what()).find("wr0ng"), std::string::npos);
  EXPECT_GT(take(server.uri(), with_password("s3cret")).rdb.size(), 0U);
  const RedisServer open;
  EXPECT_GT(take(open.uri(), with_password("s3cret")).rdb.size(), 0U) << "one that wants none";
}

TEST(RedisSource, NobodyThereIsSaid) {
  expect_error(ErrorCode::failed, "/nowhere/redis.sock: no connection",
               [] { take("redis+unix:///nowhere/redis.sock"); });
  const std::string port = std::to_string(RedisServer::free_port());
  expect_error(ErrorCode::failed, "redis://127.0.0.1:" + port + ": no connection",
               [&] { take("redis://127.0.0.1:" + port); });
  expect_error(ErrorCode::failed, "leads nowhere",
               [] { take("redis://there-is-no-such-host.invalid"); });
}

TEST(RedisSource, OneThatSpeaksNoTlsIsGivenUpSoon) {
  const std::string port = std::to_string(RedisServer::free_port());
  const RedisServer server({"--port", port});
  RedisOptions options;
  options.limits.connect = std::chrono::milliseconds(300);
  expect_error(ErrorCode::failed, "no TLS",
               [&] { take("rediss://127.0.0.1:" + port, std::move(options)); });
}

// --- What other servers, and broken ones, answer ------------------------------------------------

Bytes small_rdb() {
  using namespace std::string_view_literals;
  constexpr auto kBody = "REDIS0009\xfe\0\xfb\1\0\0\1k\1v\xff"sv;
  Bytes bytes(as_bytes(kBody).begin(), as_bytes(kBody).end());
  std::uint64_t crc = crc64(0, bytes);
  for (int i = 0; i < 8; ++i, crc >>= 8) bytes.push_back(static_cast<std::byte>(crc & 0xff));
  return bytes;
}

const std::string kMark(40, 'e');

std::string sized(std::string_view payload) {
  return fmt::format("${}\r\n{}", payload.size(), payload);
}
std::string marked(std::string_view payload) {
  return fmt::format("$EOF:{}\r\n{}{}", kMark, payload, kMark);
}

// PING, INFO, REPLCONF twice, PSYNC.
std::vector<std::string> replies_with(const std::string& to_psync) {
  return {"+PONG\r\n", "$0\r\n\r\n", "+OK\r\n", "+OK\r\n", to_psync};
}

TEST(RedisPayload, SignsOfLifeComeBeforeItAndAreNotPartOfIt) {
  const Bytes rdb = small_rdb();
  for (const std::string& payload :
       {"\n\n\n+FULLRESYNC abc 7\r\n\n\n" + marked(as_text(rdb)), "\n\n" + sized(as_text(rdb)),
        "+FULLRESYNC abc 7\r\n\n" + sized(as_text(rdb)) + "*1\r\n$4\r\nPING\r\n"}) {
    const ScriptedServer server(replies_with(payload));
    EXPECT_TRUE(take(server.uri()).rdb == rdb) << payload;
  }
}

TEST(RedisPayload, OldServersGoWithoutWhatTheyDoNotKnow) {
  const ScriptedServer server({"+PONG\r\n", "$0\r\n\r\n",
                               "-ERR Unrecognized REPLCONF option: rdb-only\r\n",
                               "-ERR Unrecognized REPLCONF option: capa\r\n",
                               "-ERR unknown command 'PSYNC'\r\n", sized(as_text(small_rdb()))});
  EXPECT_TRUE(take(server.uri()).rdb == small_rdb());
}

TEST(RedisPayload, EveryEarlyEndIsAFailure) {
  const Bytes rdb = small_rdb();
  for (const std::string& payload : {marked(as_text(rdb)), sized(as_text(rdb))}) {
    for (std::size_t size = 0; size < payload.size(); size += 7) {
      const ScriptedServer server(replies_with(payload.substr(0, size)));
      const auto error = error_of([&] { take(server.uri()); });
      ASSERT_TRUE(error) << size;
      EXPECT_EQ(error->code(), ErrorCode::failed);
    }
  }
}

TEST(RedisPayload, WhatIsNoRdbFileIsAFailure) {
  for (const std::string& payload :
       {sized("something else at all"), sized(""), marked(std::string(100, 'R'))}) {
    const ScriptedServer server(replies_with(payload));
    expect_error(ErrorCode::failed, "no whole RDB file", [&] { take(server.uri()); });
  }
  Bytes damaged = small_rdb();
  damaged[14] ^= std::byte{1};
  const ScriptedServer server(replies_with(marked(as_text(damaged))));
  expect_error(ErrorCode::failed, "its own checksum", [&] { take(server.uri()); });
}

TEST(RedisPayload, RefusalsAreSaidInOneLineWithWhatToDo) {
  const std::map<std::string, std::string> expected = {
      {"-LOADING Redis is loading the dataset in memory\r\n", "try again"},
      {"-NOMASTERLINK Can't SYNC while not connected with my master\r\n", "its master"},
      {"-ERR BGSAVE failed, replication can't continue\r\n", "vm.overcommit_memory"},
      {"-BUSY Redis is busy running a script.\r\n", "script"},
      {"-OOM command not allowed when used memory > 'maxmemory'.\r\n", "out of memory"},
      {"-ERR something\x1b[2J new\r\n", "it says: ERR something"},
      {"$EOF:short\r\n", "not understood"},
      {"$12x\r\n", "not understood"},
      {":1\r\n", "not understood"}};
  for (const auto& [reply, words] : expected) {
    const ScriptedServer server(replies_with(reply));
    const auto error = error_of([&] { take(server.uri()); });
    ASSERT_TRUE(error) << reply;
    const std::string line = error->what();
    EXPECT_NE(line.find(words), std::string::npos) << line;
    EXPECT_NE(line.find(server.uri()), std::string::npos) << line;
    EXPECT_EQ(line.find_first_of("\n\r\x1b"), std::string::npos) << line;
  }
}

TEST(RedisPayload, ProtectedModeIsExplained) {
  const ScriptedServer server({"-DENIED Redis is running in protected mode because …\r\n"});
  expect_error(ErrorCode::failed, "protected mode", [&] { take(server.uri()); });
}

TEST(RedisPayload, WhatIsNoRedisIsSaid) {
  for (const char* reply :
       {"HTTP/1.1 400 Bad Request\r\n\r\n", "\r\n", "$99999999999\r\n", "*9999\r\n",
        "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n", "$3\r\nabcdef\r\n", ":1x\r\n"}) {
    const ScriptedServer server({reply});
    expect_error(ErrorCode::failed, "no Redis server", [&] { take(server.uri()); });
  }
}

}  // namespace
}  // namespace varve
