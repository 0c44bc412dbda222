// The configuration file: what it says, and where it is wrong.
#include "tools/config/config.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "store/core/error.h"
#include "tools/config/environment_text.h"

namespace varve {
namespace {

Config parse(const std::string& text) { return parse_config(text, "varve.toml"); }

std::string fault_of(const std::string& text) {
  try {
    parse(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::usage);
    return error.what();
  }
  return "none";
}

class ConfigTest : public testing::Test {
 protected:
  ConfigTest() { ::setenv("VARVE_TEST_SECRET", "s3cret", 1); }
  ~ConfigTest() override { ::unsetenv("VARVE_TEST_SECRET"); }
};

TEST_F(ConfigTest, SaysWhatAJobIs) {
  const Config config = parse(R"(
repository = "/srv/backup"
[[job]]
name = "nightly"
sources = ["/a.db", { from = "postgresql:///shop", as = "shop" }, { command = "dump", as = "d" }]
tags = "one"
exclude = ["*.tmp"]
verify = "quick"
busy_timeout = "5m"
environment = { PASSWORD = "${VARVE_TEST_SECRET}" }
[job.postgresql]
format = "plain"
tables = ["a", "b"]
row_counts = false
[job.hooks]
before = ["true"]
on_failure = "mail"
[job.retention]
daily = 7
within = "30d"
[job.alerts]
max_age = "26h"
min_size = "2M"
[[job]]
name = "hourly"
sources = ["/b.db"]
)");
  EXPECT_EQ(config.repository, "/srv/backup");
  ASSERT_EQ(config.jobs.size(), 2u);
  const Job& job = config.job("nightly");
  ASSERT_EQ(job.sources.size(), 3u);
  EXPECT_EQ(job.sources[0].from, "/a.db");
  EXPECT_EQ(job.sources[1].as, "shop");
  EXPECT_EQ(job.sources[2].command, "dump");
  EXPECT_EQ(job.tags, std::vector<std::string>{"one"});
  EXPECT_EQ(job.verify, "quick");
  EXPECT_EQ(job.environment.at("PASSWORD"), "s3cret");
  EXPECT_EQ(job.postgres.format, PostgresOptions::Format::plain);
  EXPECT_EQ(job.postgres.tables.size(), 2u);
  EXPECT_FALSE(job.postgres.row_counts);
  EXPECT_EQ(job.hooks.on_failure, std::vector<std::string>{"mail"});
  EXPECT_EQ(job.retention.daily, 7u);
  EXPECT_EQ(job.retention.within, 30 * 86400);
  EXPECT_EQ(job.alerts.max_age, 26 * 3600);
  EXPECT_EQ(job.alerts.min_size, 2u << 20);
  EXPECT_EQ(config.job("hourly").verify, "full");
}

TEST_F(ConfigTest, PointsAtLineAndColumn) {
  EXPECT_EQ(fault_of("repository = \"/a\"\n[[job]]\nname = \"n\"\nsourcs = [\"/a\"]\n"
                     "sources = [\"/a\"]\n"),
            "varve.toml:4:1: sourcs is no key of [[job]]; there are alerts, assert, busy_timeout, "
            "environment, exclude, hooks, name, postgresql, raw, retention, sources, tags, verify");
  EXPECT_EQ(fault_of("[[job]]\nname = \"n\"\nsources = [\"/a\"]\nverify = \"most\"\n"),
            "varve.toml:4:10: verify = \"most\": must be one of none, quick, full");
  EXPECT_EQ(fault_of("[[job]]\nname = \"n\"\nsources = [\"/a\"]\n[job.retention]\ndaily = -1\n"),
            "varve.toml:5:9: daily must be a whole number, 0 or more");
  EXPECT_EQ(fault_of("repository = 7\n"), "varve.toml:1:14: repository must be a text in quotes");
  EXPECT_EQ(fault_of("[[job]]\nname = \"n\"\nsources = [{ command = \"x\" }]\n"),
            "varve.toml:3:12: [[sources]] has a command: it needs as = \"NAME\"");
  EXPECT_EQ(fault_of("[job]\nname = \"n\"\n"), "varve.toml:1:1: job must be written as [[job]]");
  EXPECT_EQ(fault_of("[[job]]\nname = \"n\"\nsources = [\"/a\"]\n[[job]]\nname = \"n\"\n"
                     "sources = [\"/a\"]\n"),
            "varve.toml:5:8: name = \"n\": another job has that name");
  EXPECT_EQ(fault_of("[[job]]\nsources = [\"/a\"]\n"), "varve.toml:1:1: [[job]] needs a name");
  EXPECT_EQ(fault_of("a = [1,\n").substr(0, 15), "varve.toml:1:9:");
}

TEST_F(ConfigTest, TakesAssertions) {
  const std::string front = "[[job]]\nname = \"n\"\nsources = ";
  const Config config = parse(front +
                              "[\"/a.db\", { command = \"x\", as = \"shop\" }]\n"
                              "[[job.assert]]\nsource = \"a.db\"\nsql = \"SELECT 1\"\n"
                              "[[job.assert]]\nsource = \"shop\"\nsql = \"SELECT 2\"\n"
                              "[[job]]\nname = \"one\"\nsources = [\"/b.db\"]\n"
                              "[[job.assert]]\nsql = \"SELECT 3\"\n");
  ASSERT_EQ(config.jobs[0].assertions.size(), 2u);
  EXPECT_EQ(config.jobs[0].assertions[1].source, "shop");
  EXPECT_EQ(config.jobs[0].assertions[1].sql, "SELECT 2");
  EXPECT_EQ(config.jobs[0].assertions[1].where, "varve.toml:8:10");
  EXPECT_EQ(config.jobs[1].assertions.at(0).sql, "SELECT 3");

  EXPECT_EQ(fault_of(front + "[\"/a\", \"/b\"]\n[[job.assert]]\nsql = \"SELECT 1\"\n"),
            "varve.toml:4:1: [[assert]] needs source = \"NAME\": the job has several");
  EXPECT_EQ(fault_of(front + "[\"/a\"]\n[[job.assert]]\nsql = \" ; \"\n"),
            "varve.toml:4:1: [[assert]] needs sql = \"SELECT …\", which gives true");
  EXPECT_EQ(fault_of(front + "[\"/a\"]\n[[job.assert]]\nsql = \"SELECT 1\"\nwhen = \"x\"\n"),
            "varve.toml:6:1: when is no key of [[assert]]; there are source, sql");
  EXPECT_EQ(fault_of(front + "[\"/a\"]\n[job.assert]\nsql = \"SELECT 1\"\n"),
            "varve.toml:4:1: assert must be written as [[assert]]");
}

TEST_F(ConfigTest, NamesAVariableThatIsNotSetAndNoValue) {
  EXPECT_EQ(fault_of("repository = \"${VARVE_TEST_ABSENT}\"\n"),
            "varve.toml:1:14: repository: the environment variable VARVE_TEST_ABSENT is not set");
  EXPECT_EQ(with_environment("a${VARVE_TEST_SECRET}b $HOME $${x} 5$ ${open"),
            "as3cretb $HOME ${x} 5$ ${open");
}

TEST_F(ConfigTest, LeavesVariablesInCommandsToTheShell) {
  const Config config = parse(R"(
[[job]]
name = "n"
sources = [{ command = "dump -p${VARVE_TEST_SECRET} ${i} $$", as = "d" }]
[job.hooks]
before = "echo ${VARVE_TEST_ABSENT}"
)");
  EXPECT_EQ(config.jobs[0].sources[0].command, "dump -p${VARVE_TEST_SECRET} ${i} $$");
  EXPECT_EQ(config.jobs[0].hooks.before, std::vector<std::string>{"echo ${VARVE_TEST_ABSENT}"});
  EXPECT_EQ(config.jobs[0].where, "varve.toml:4:11");
}

TEST_F(ConfigTest, OnlyTheWantedJobsVariablesNeedBeSet) {
  const std::string text =
      "[[job]]\nname = \"a\"\nsources = [\"/a\"]\n"
      "[[job]]\nname = \"b\"\nsources = [\"${VARVE_TEST_ABSENT}\"]\n";
  EXPECT_EQ(parse_config(text, "varve.toml", "a").job("a").sources[0].from, "/a");
  EXPECT_EQ(fault_of(text),
            "varve.toml:6:12: sources: the environment variable VARVE_TEST_ABSENT "
            "is not set");
}

TEST_F(ConfigTest, RefusesWhatIsNoNameOfAVariable) {
  EXPECT_EQ(fault_of("[[job]]\nname = \"a\"\nsources = [\"/a\"]\n"
                     "environment = { \"A=B\" = \"c\" }\n"),
            "varve.toml:4:15: environment \"A=B\" is no name of a variable");
}

TEST_F(ConfigTest, NamesTheJobsThereAre) {
  const Config config = parse("[[job]]\nname = \"n\"\nsources = [\"/a\"]\n");
  try {
    config.job("m");
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "there is no job m; the configuration has n");
  }
}

TEST_F(ConfigTest, AcceptsTheExampleThatShips) {
  ::setenv("REDIS_PASSWORD", "x", 1);
  const Config config = load_config(VARVE_SOURCE_DIR "/packaging/varve.toml");
  EXPECT_EQ(config.job("nightly").sources.size(), 5u);
  ::unsetenv("REDIS_PASSWORD");
}

}  // namespace
}  // namespace varve
