// Which server a URI names, and what is refused.
#include "tools/sources/redis_uri.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace varve {
namespace {

TEST(RedisUri, NamesAServer) {
  const RedisAddress address = parse_redis_uri("redis://backup@cache.example:6380");
  EXPECT_EQ(address.host, "cache.example");
  EXPECT_EQ(address.port, 6380);
  EXPECT_EQ(address.user, "backup");
  EXPECT_FALSE(address.tls);
  EXPECT_EQ(to_text(address), "redis://backup@cache.example:6380");
  EXPECT_EQ(default_redis_name(address), "cache.example-6380");
}

TEST(RedisUri, HasDefaults) {
  for (const char* uri : {"redis://", "redis://localhost", "redis://localhost:6379/",
                          "redis://localhost/0", "redis:///0"}) {
    EXPECT_EQ(to_text(parse_redis_uri(uri)), "redis://localhost:6379") << uri;
    EXPECT_EQ(default_redis_name(parse_redis_uri(uri)), "redis") << uri;
  }
  EXPECT_EQ(default_redis_name(parse_redis_uri("redis://127.0.0.1:7000")), "redis-7000");
}

TEST(RedisUri, KnowsIpv6) {
  const RedisAddress address = parse_redis_uri("rediss://[2001:db8::7]:6390");
  EXPECT_EQ(address.host, "2001:db8::7");
  EXPECT_EQ(address.port, 6390);
  EXPECT_TRUE(address.tls);
  EXPECT_EQ(to_text(address), "rediss://[2001:db8::7]:6390");
}

TEST(RedisUri, KnowsTwoWaysToWriteASocket) {
  for (const char* uri :
       {"redis+unix:///run/redis/a%20b.sock", "redis://%2Frun%2fredis%2Fa%20b.sock"}) {
    const RedisAddress address = parse_redis_uri(uri);
    EXPECT_EQ(address.socket, "/run/redis/a b.sock") << uri;
    EXPECT_EQ(address.host, "") << uri;
    EXPECT_EQ(to_text(address), "redis+unix:///run/redis/a b.sock");
    EXPECT_EQ(default_redis_name(address), "redis");
  }
  EXPECT_EQ(parse_redis_uri("redis+unix://me%40here@/run/s").user, "me@here");
}

TEST(RedisUri, TakesFiles) {
  const RedisAddress address = parse_redis_uri(
      "rediss://h?password-file=/etc/p&cacert=/etc/ca.pem&cert=/etc/me.pem&key=/etc/me%26.key");
  EXPECT_EQ(address.password_file, "/etc/p");
  EXPECT_EQ(address.ca_file, "/etc/ca.pem");
  EXPECT_EQ(address.certificate, "/etc/me.pem");
  EXPECT_EQ(address.key, "/etc/me&.key");
  EXPECT_EQ(to_text(address), "rediss://h:6379");
}

TEST(RedisUri, APasswordIsRefusedAndNotRepeated) {
  for (const char* uri : {"redis://:s3cret@h", "redis://me:s3cret@h:1", "rediss://me:s3@cret@h",
                          "redis+unix://me:s3cret@/run/s", "redis://me:s3cret@%2Frun%2Fs",
                          "redis://default%3As3cret@h"}) {
    const auto error = error_of([&] { parse_redis_uri(uri); });
    ASSERT_TRUE(error) << uri;
    EXPECT_EQ(error->code(), ErrorCode::usage);
    const std::string words = error->what();
    EXPECT_NE(words.find("VARVE_REDIS_PASSWORD"), std::string::npos) << words;
    EXPECT_EQ(words.find("s3"), std::string::npos) << words;
  }
}

TEST(RedisUri, NonsenseIsRefusedWithoutWhatStandsBeforeTheHost) {
  for (const char* uri : {"redis://h:0",
                          "redis://h:65536",
                          "redis://h:x",
                          "redis://h:",
                          "redis://[::1",
                          "redis://[::1]x",
                          "redis://h/3",
                          "redis://h%2",
                          "redis://h%zz",
                          "redis://a%00b",
                          "redis://h?password=s3cret",
                          "redis://h?cacert",
                          "redis://h?cacert=/x",
                          "rediss://h?cert=/x",
                          "rediss://%2Frun%2Fs",
                          "redis+unix://",
                          "redis+unix://run/s%",
                          "redis://s3cret@h:x",
                          "redis://me:pa/s3cret@h",
                          "redis://:pa?s3cret@h",
                          "redis://:s3cret",
                          "redis+unix://me:pa/s3cret@/x"}) {
    const auto error = error_of([&] { parse_redis_uri(uri); });
    ASSERT_TRUE(error) << uri;
    EXPECT_EQ(error->code(), ErrorCode::usage) << uri;
    EXPECT_EQ(std::string(error->what()).find("s3cret"), std::string::npos) << error->what();
  }
}

TEST(RedisUri, IsToldByItsScheme) {
  EXPECT_TRUE(is_redis_uri("redis://h"));
  EXPECT_TRUE(is_redis_uri("rediss://h"));
  EXPECT_TRUE(is_redis_uri("redis+unix:///s"));
  for (const char* other : {"", "redis", "redis:/h", "postgresql:///x", "/redis://h", "REDIS"}) {
    EXPECT_FALSE(is_redis_uri(other)) << other;
  }
}

}  // namespace
}  // namespace varve
