// Redis servers as a person or a night job backs them up: varve's own program, real servers, TLS.
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include "tests/support/redis_server.h"
#include "tests/support/shell.h"
#include "tests/system/varve_program.h"

namespace varve {
namespace {

class Redis : public VarveProgram {
 protected:
  void SetUp() override { init(); }

  ProgramResult varve_with(const std::vector<std::pair<std::string, std::string>>& environment,
                           const Words& arguments) const {
    ProgramSetting changed = setting();
    changed.environment.insert(changed.environment.end(), environment.begin(), environment.end());
    return Program(command(arguments), changed).wait();
  }
  // The RDB file of the newest snapshot, started: its data.
  std::string digest_of(const std::string& source) const {
    const std::string copy = in_folder("copy.rdb");
    must({"restore", "latest:" + source + ":" + source + ".rdb", copy, "--force"});
    return RedisServer({}, copy).digest();
  }
  void expect_no_snapshot() const { EXPECT_TRUE(names().empty()); }
  bool repository_holds(const std::string& text) const {
    return shell("grep -rqF " + quoted(text) + " " + quoted(repository())).status == 0;
  }
};

TEST_F(Redis, LandsInASnapshotProvenAndLoads) {
  const RedisServer server;
  server.cli("DEBUG POPULATE 20000 key 100");
  server.cli("HSET hash field value");
  const Json json = must_json({"ingest", server.uri()});
  EXPECT_EQ(json["sources"], Json({"redis"}));
  EXPECT_EQ(json["verified"], "full");
  EXPECT_EQ(json["warnings"], Json::array());
  EXPECT_EQ(digest_of("redis"), server.digest());
  EXPECT_EQ(shell("redis-check-rdb " + quoted(in_folder("copy.rdb"))).status, 0);
}

TEST_F(Redis, StandsBesideADatabaseInOneSnapshot) {
  const RedisServer server;
  server.cli("SET a 1");
  make_database(in_folder("a.db"), 100);
  EXPECT_EQ(must_json({"ingest", "a.db", server.uri()})["files"], 2);
  const ProgramResult list = varve({"list", "latest"});
  expect_holds(list.out, "a.db");
  expect_holds(list.out, "redis.rdb");
}

// Root restores, and the server that is to load the file runs as somebody else.
TEST_F(Redis, ARestoredFileIsItsFoldersOwners) {
  const RedisServer server;
  server.cli("SET a 1");
  must({"ingest", server.uri()});
  const std::filesystem::path folder = in_folder("lib");
  std::filesystem::create_directory(folder);
  ASSERT_EQ(::chown(folder.c_str(), 1234, 5678), 0);
  must({"restore", "latest:redis", folder / "dump.rdb"});
  struct stat after {};
  ASSERT_EQ(::stat((folder / "dump.rdb").c_str(), &after), 0);
  EXPECT_EQ(after.st_uid, 1234U);
  EXPECT_EQ(after.st_gid, 5678U);
}

TEST_F(Redis, AnUnchangedServerStoresNothing) {
  const RedisServer server;
  server.cli("DEBUG POPULATE 1000");
  const std::string started = server.info("rdb_last_save_time");
  while (std::stoll(server.cli("TIME | head -1")) < std::stoll(started) + 2) continue;
  must({"ingest", server.uri()});
  expect_holds(must({"ingest", server.uri()}), "redis is unchanged since ");
  server.cli("SET a 1");
  EXPECT_EQ(must_json({"ingest", server.uri()})["unchanged"], false);
  EXPECT_EQ(digest_of("redis"), server.digest());
}

TEST_F(Redis, ALaterSnapshotAddsLittle) {
  const RedisServer server({"--rdbcompression", "no"});
  server.cli("DEBUG POPULATE 50000 key 200");
  const Json first = must_json({"ingest", server.uri()});
  server.cli("SET key:97 changed");
  const Json second = must_json({"ingest", server.uri()});
  EXPECT_LT(second["added_bytes"].get<int>() * 10, first["added_bytes"].get<int>());
}

TEST_F(Redis, APasswordComesFromTheEnvironmentOrAFileAndGoesNowhere) {
  const std::string secret = "extremely-s3cret";
  const RedisServer server({"--requirepass", secret});
  server.cli("SET a 1");
  write_text(in_folder("password"), secret + "\nanother line\n");
  for (const char* variable : {"VARVE_REDIS_PASSWORD", "REDISCLI_AUTH"}) {
    const ProgramResult result = varve_with({{variable, secret}}, {"ingest", server.uri(), "-v"});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ((result.out + result.err).find(secret), std::string::npos);
  }
  must({"ingest", server.uri() + "?password-file=" + in_folder("password").native()});
  EXPECT_EQ(must_json({"list"}).dump().find(secret), std::string::npos);
  EXPECT_FALSE(repository_holds(secret));

  expect_holds(refused(1, {"ingest", server.uri()}), "wants a password");
  const ProgramResult wrong =
      varve_with({{"VARVE_REDIS_PASSWORD", "another-s3cret"}}, {"ingest", server.uri()});
  EXPECT_EQ(wrong.status, 1);
  expect_holds(wrong.err, "wrong user name or password");
  EXPECT_EQ(wrong.err.find("another-s3cret"), std::string::npos);
  expect_holds(refused(1, {"ingest", server.uri() + "?password-file=/nowhere/p"}), "/nowhere/p");
}

TEST_F(Redis, APasswordInTheUriIsRefusedAndNotRepeated) {
  for (const char* uri : {"redis://:s3cret@localhost", "rediss://me:s3cret@localhost:6380"}) {
    const std::string complaint = refused(2, {"ingest", uri});
    expect_holds(complaint, "VARVE_REDIS_PASSWORD");
    EXPECT_EQ(complaint.find("s3cret"), std::string::npos) << complaint;
  }
}

TEST_F(Redis, AsGivesAnotherName) {
  const RedisServer server;
  must({"ingest", server.uri(), "--as", "sessions"});
  must({"ingest", server.uri(), "--as", "cache.rdb"});
  const Json list = must_json({"list"});
  EXPECT_EQ(list["snapshots"][0]["sources"], Json({"sessions"}));
  EXPECT_EQ(list["snapshots"][1]["sources"], Json({"cache"}));
  must({"cat", "latest:cache.rdb"});
}

TEST_F(Redis, OneThatIsKilledInTheMiddleLeavesNoSnapshot) {
  RedisServer server({"--rdb-key-save-delay", "1000"});
  server.cli("DEBUG POPULATE 100000 key 1000");
  make_database(in_folder("a.db"), 100);
  Program program(command({"ingest", "a.db", server.uri()}), setting());
  while (server.info("rdb_bgsave_in_progress") != "1") continue;
  server.kill();
  const ProgramResult result = program.wait();
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  expect_holds(result.err, server.uri());
  expect_no_snapshot();
  must({"check", "--read-data"});
}

TEST_F(Redis, AnInterruptedIngestEndsAtOnce) {
  const RedisServer server({"--rdb-key-save-delay", "1000"});
  server.cli("DEBUG POPULATE 100000 key 1000");
  Program program(command({"ingest", server.uri()}), setting());
  while (server.info("rdb_bgsave_in_progress") != "1") continue;
  program.send(SIGINT);
  EXPECT_EQ(program.wait().status, 130);
  expect_no_snapshot();
}

TEST_F(Redis, PersistenceThatFailsIsAWarning) {
  const RedisServer server;
  std::filesystem::permissions(server.folder(), std::filesystem::perms(0500));
  server.cli("BGSAVE");
  while (server.info("rdb_bgsave_in_progress") != "0") continue;
  const ProgramResult result = varve({"ingest", server.uri()});
  std::filesystem::permissions(server.folder(), std::filesystem::perms(0700));
  EXPECT_EQ(result.status, 3);
  expect_holds(result.err, "rdb_last_bgsave_status is err");
  EXPECT_EQ(names().size(), 1U);
}

TEST_F(Redis, WithoutTheEnginesProgramTheProofIsLessAndSaysSo) {
  const RedisServer server;
  const ProgramResult result = varve_with({{"PATH", "/nowhere"}}, {"ingest", server.uri()});
  EXPECT_EQ(result.status, 3);
  expect_holds(result.err, "redis-check-rdb is not installed");
  EXPECT_EQ(must_json({"list"})["snapshots"][0]["verified"], "quick");
}

// --- a server's file among others ----------------------------------------------------------------

class RedisFile : public Redis {
 protected:
  void SetUp() override {
    Redis::SetUp();
    server_.cli("DEBUG POPULATE 100 key 100");
    server_.cli("SAVE");
    whole_ = content_of(server_.rdb());
  }
  // Expects status 3, and this said on standard error.
  void expect_fault(const Words& words, const std::string& why) const {
    const ProgramResult result = varve(words);
    EXPECT_EQ(result.status, 3) << testing::PrintToString(words) << result.out << result.err;
    expect_holds(result.err, why);
  }

  const RedisServer server_;
  std::string whole_;
};

TEST_F(RedisFile, ADamagedOneIsStoredAndNotProven) {
  const std::string why = "checked as an RDB file, as it begins like one: ";
  write_text(in_folder("dump.rdb"), whole_.substr(0, 300));
  expect_fault({"ingest", "dump.rdb", "--as", "d.rdb"}, why);
  EXPECT_EQ(must({"cat", "latest:d.rdb"}), whole_.substr(0, 300));
  expect_fault({"verify", "--all"}, why);
  expect_fault({"drill"}, why);

  write_text(in_folder("dump.rdb"), whole_);
  const Json json = must_json({"ingest", "dump.rdb", "--as", "d.rdb"});
  EXPECT_EQ(json["verified"], "full");
  const Json made = must_json({"list", "latest"})["attestations"][0];
  expect_holds(made["program"], "redis-check-rdb 7.");
}

TEST_F(RedisFile, ADamagedOneInAFolderFailsTheFolder) {
  std::filesystem::create_directory(in_folder("data"));
  write_text(in_folder("data/whole.rdb"), whole_);
  must({"ingest", "data"});
  write_text(in_folder("data/half.rdb"), whole_.substr(0, whole_.size() / 2));
  const std::string why = "data/half.rdb: checked as an RDB file";
  expect_fault({"ingest", "data"}, why);
  expect_fault({"verify", "latest"}, why);
  expect_fault({"drill"}, why);
}

TEST_F(RedisFile, ADamagedOneInAnArchiveFailsItsImport) {
  std::filesystem::create_directory(in_folder("old"));
  write_text(in_folder("dump.rdb"), whole_.substr(0, 300));
  ASSERT_EQ(shell("cd " + quoted(folder()) + " && tar cf old/data-20240102.tar dump.rdb").status,
            0);
  expect_fault({"import", in_folder("old")}, "dump.rdb: checked as an RDB file");
}

TEST_F(RedisFile, AnotherFileThatBeginsLikeOneIsStoredAndMayBeTakenAsItIs) {
  const std::string text = "REDIS0007 is a magazine";
  write_text(in_folder("text"), text);
  expect_fault({"ingest", "text"}, "checked as an RDB file");
  EXPECT_EQ(must({"cat", "latest:text"}), text);
  EXPECT_EQ(must_json({"ingest", "text", "--raw"})["verified"], "full");
}

TEST_F(RedisFile, WithoutTheEnginesProgramAFoldersProofIsLessAndSaysSo) {
  std::filesystem::create_directory(in_folder("data"));
  write_text(in_folder("data/whole.rdb"), whole_);
  const ProgramResult result = varve_with({{"PATH", "/nowhere"}}, {"ingest", "data"});
  EXPECT_EQ(result.status, 3);
  expect_holds(result.err, "data is not fully verified: redis-check-rdb is not installed");
  EXPECT_EQ(must_json({"list"})["snapshots"][0]["verified"], "quick");
}

// --- TLS ----------------------------------------------------------------------------------------

class RedisTls : public Redis {
 protected:
  void SetUp() override {
    Redis::SetUp();
    const ShellResult made = shell(
        "cd " + quoted(folder()) +
        " && openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca -keyout ca.key -out "
        "ca.pem && for n in server client; do openssl req -newkey rsa:2048 -nodes -subj /CN=$n "
        "-keyout $n.key -out $n.csr && printf "
        "'subjectAltName=DNS:localhost,IP:127.0.0.1' > $n.ext && openssl x509 -req -days 2 -in "
        "$n.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile $n.ext -out $n.pem; done && "
        "chmod a+rx . && chmod a+r *.pem *.key");
    ASSERT_EQ(made.status, 0) << made.output;
  }
  std::vector<std::string> settings(const std::string& clients) const {
    return {"--tls-port",         port_,
            "--tls-cert-file",    in_folder("server.pem"),
            "--tls-key-file",     in_folder("server.key"),
            "--tls-ca-cert-file", in_folder("ca.pem"),
            "--tls-auth-clients", clients};
  }
  std::string uri(const std::string& host, const std::string& query = "") const {
    return "rediss://" + host + ":" + port_ + query;
  }
  std::string ca() const { return "?cacert=" + in_folder("ca.pem").native(); }

  const std::string port_ = std::to_string(RedisServer::free_port());
};

TEST_F(RedisTls, AVerifiedServerIsBackedUp) {
  const RedisServer server(settings("no"));
  server.cli("DEBUG POPULATE 20000 key 100");
  must({"ingest", uri("localhost", ca()), "--as", "byname"});
  EXPECT_EQ(digest_of("byname"), server.digest());
  must({"ingest", uri("127.0.0.1", ca()), "--as", "byaddress"});
  const ProgramResult trusted = varve_with({{"SSL_CERT_FILE", in_folder("ca.pem")}},
                                           {"ingest", uri("localhost"), "--as", "system"});
  EXPECT_EQ(trusted.status, 0) << trusted.err;
}

TEST_F(RedisTls, OneThatIsNotTrustedOrIsForAnotherNameIsRefused) {
  const RedisServer server(settings("no"));
  expect_holds(refused(1, {"ingest", uri("localhost")}), "not trusted");
  expect_holds(refused(1, {"ingest", uri("localhost")}), "?cacert=PATH");
  expect_holds(refused(1, {"ingest", uri("127.0.0.2", ca())}), "IP address mismatch");
  expect_holds(refused(1, {"ingest", uri("localhost", "?cacert=/nowhere/ca.pem")}),
               "/nowhere/ca.pem");
  expect_no_snapshot();
}

TEST_F(RedisTls, AServerThatWantsACertificateGetsOne) {
  const RedisServer server(settings("yes"));
  refused(1, {"ingest", uri("localhost", ca())});
  must({"ingest", uri("localhost", ca() + "&cert=" + in_folder("client.pem").native() +
                                       "&key=" + in_folder("client.key").native())});
}

TEST_F(RedisTls, WithoutTlsItDoesNotAnswer) {
  const RedisServer server(settings("no"));
  expect_holds(refused(1, {"ingest", "redis://localhost:" + port_}), "localhost:" + port_);
}

}  // namespace
}  // namespace varve
