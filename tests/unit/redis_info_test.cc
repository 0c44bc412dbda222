// What varve makes of INFO.
#include "tools/sources/redis_info.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace varve {
namespace {

std::string info_with(const std::map<std::string, std::string>& changes) {
  std::map<std::string, std::string> fields = {{"redis_version", "7.0.15"},
                                               {"run_id", "c0ffee"},
                                               {"server_time_usec", "1795266109840512"},
                                               {"used_memory", "964072"},
                                               {"loading", "0"},
                                               {"async_loading", "0"},
                                               {"rdb_changes_since_last_save", "3"},
                                               {"rdb_last_save_time", "1795266009"},
                                               {"rdb_last_bgsave_status", "ok"},
                                               {"aof_enabled", "1"},
                                               {"aof_last_write_status", "ok"},
                                               {"total_net_repl_input_bytes", "0"},
                                               {"role", "master"},
                                               {"db0", "keys=1000,expires=7,avg_ttl=55"},
                                               {"db12", "keys=2,expires=0,avg_ttl=0"}};
  for (const auto& [name, value] : changes) fields[name] = value;
  std::string text = "# Some\r\n";
  for (const auto& [name, value] : fields) text += name + ":" + value + "\r\n";
  return text;
}

Bytes fingerprint_with(const std::map<std::string, std::string>& changes) {
  return RedisInfo(info_with(changes)).fingerprint();
}

TEST(RedisInfo, TellsFacts) {
  const auto facts = RedisInfo(info_with({})).facts();
  EXPECT_EQ(facts.at("engine_version"), "7.0.15");
  EXPECT_EQ(facts.at("role"), "master");
  EXPECT_EQ(facts.at("keys_db0"), "1000");
  EXPECT_EQ(facts.at("keys_db12"), "2");
  EXPECT_EQ(facts.at("last_save"), "2026-11-21T13:00:09Z");
  EXPECT_EQ(facts.at("last_save_age_seconds"), "100");
  EXPECT_EQ(facts.at("last_save_status"), "ok");
  EXPECT_EQ(facts.at("aof_enabled"), "yes");
  EXPECT_EQ(facts.at("aof_last_write_status"), "ok");
}

TEST(RedisInfo, AServerThatCannotPersistIsWorthAWarning) {
  EXPECT_TRUE(RedisInfo(info_with({})).warnings().empty());
  EXPECT_EQ(RedisInfo(info_with({{"rdb_last_bgsave_status", "err"}})).warnings().size(), 1U);
  EXPECT_EQ(RedisInfo(info_with({{"aof_last_write_status", "err"}})).warnings().size(), 1U);
}

TEST(RedisInfo, TheSameStateHasTheSameFingerprint) {
  const Bytes before = fingerprint_with({});
  EXPECT_FALSE(before.empty());
  EXPECT_EQ(fingerprint_with({{"server_time_usec", "1795299999000000"}, {"used_memory", "5"}}),
            before);
  EXPECT_EQ(fingerprint_with({{"db0", "keys=1000,expires=7,avg_ttl=3"}}), before);
}

TEST(RedisInfo, WhatChangesTheDataChangesTheFingerprint) {
  const Bytes before = fingerprint_with({});
  for (const auto& [name, value] :
       std::map<std::string, std::string>{{"run_id", "another"},
                                          {"rdb_changes_since_last_save", "4"},
                                          {"rdb_last_save_time", "1795266010"},
                                          {"db0", "keys=999,expires=7,avg_ttl=55"},
                                          {"db1", "keys=1,expires=0,avg_ttl=0"}}) {
    EXPECT_NE(fingerprint_with({{name, value}}), before) << name;
  }
}

TEST(RedisInfo, WhereItCannotBeToldThereIsNoFingerprint) {
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{"role", "slave"},
                                                        {"loading", "1"},
                                                        {"async_loading", "1"},
                                                        {"rdb_last_save_time", "1795266109"},
                                                        {"rdb_last_save_time", "1795266108"},
                                                        {"rdb_changes_since_last_save", ""},
                                                        {"total_net_repl_input_bytes", "17"},
                                                        {"total_net_repl_input_bytes", ""},
                                                        {"server_time_usec", ""},
                                                        {"module", "name=search,ver=20408"}}) {
    EXPECT_TRUE(fingerprint_with({{name, value}}).empty()) << name;
  }
}

TEST(RedisInfo, TakesAnything) {
  const RedisInfo info("\n\r\nno colon\n:empty\nlast:without line end");
  EXPECT_EQ(info.field("last"), "without line end");
  EXPECT_TRUE(info.fingerprint().empty());
  EXPECT_TRUE(RedisInfo("").facts().empty());
}

}  // namespace
}  // namespace varve
