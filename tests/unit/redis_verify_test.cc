// What the proof of a stored RDB file says.
#include "tools/sources/redis_verify.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>

#include "store/core/error.h"
#include "store/transform/digest.h"
#include "tests/support/memory_source.h"
#include "tests/support/redis_server.h"
#include "tests/unit/collecting_builder.h"
#include "tests/unit/stored_file.h"
#include "tools/sources/crc64.h"

namespace varve {
namespace {

class RedisVerify : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    ::signal(SIGPIPE, SIG_IGN);  // as varve has it
    const RedisServer server;
    server.cli("DEBUG POPULATE 3000 key 500");
    server.cli("CONFIG SET rdbcompression no");
    server.cli("SAVE");
    shared_rdb = new Bytes(test::content_of(server.rdb()));
  }
  static void TearDownTestSuite() { delete std::exchange(shared_rdb, nullptr); }

  static const Bytes& rdb() { return *shared_rdb; }
  static Attestation verify(const Bytes& bytes, VerifyLevel level = VerifyLevel::full) {
    test::StoredFile file(std::make_unique<MemorySource>(
        "a.rdb",
        std::vector<MemoryFile>{{.path = "a.rdb", .bytes = bytes, .chunking = Chunking::content}}));
    return verify_rdb(file.reader(), level);
  }
  // Makes the checksum fit again.
  static Bytes sealed(Bytes bytes) {
    std::uint64_t crc = crc64(0, ByteView(bytes).first(bytes.size() - 8));
    for (std::size_t i = bytes.size() - 8; i < bytes.size(); ++i, crc >>= 8) {
      bytes[i] = static_cast<std::byte>(crc & 0xff);
    }
    return bytes;
  }

 private:
  static inline Bytes* shared_rdb = nullptr;
};

Sha256 sha256_of(ByteView bytes) {
  Sha256Stream hash;
  hash.update(bytes);
  return hash.finish();
}

// PATH, as long as this lives.
class SearchPath {
 public:
  explicit SearchPath(const std::string& path) : before_(std::getenv("PATH")) {
    ::setenv("PATH", path.c_str(), 1);
  }
  ~SearchPath() { ::setenv("PATH", before_.c_str(), 1); }
  SearchPath(const SearchPath&) = delete;
  SearchPath& operator=(const SearchPath&) = delete;

 private:
  const std::string before_;
};

TEST_F(RedisVerify, ASoundFilePassesByTheEnginesOwnProgram) {
  const Attestation made = verify(rdb());
  EXPECT_TRUE(made.passed) << made.detail;
  EXPECT_EQ(made.level, "full");
  EXPECT_TRUE(made.program.starts_with("redis-check-rdb 7.")) << made.program;
  EXPECT_EQ(made.detail, "");
  EXPECT_EQ(made.sha256, sha256_of(rdb()));
}

TEST_F(RedisVerify, AQuickProofIsTheChecksum) {
  const Attestation made = verify(rdb(), VerifyLevel::quick);
  EXPECT_TRUE(made.passed) << made.detail;
  EXPECT_EQ(made.level, "quick");
  EXPECT_EQ(made.sha256, sha256_of(rdb()));
}

TEST_F(RedisVerify, AFlippedByteOrAMissingEndDoesNotPass) {
  for (const VerifyLevel level : {VerifyLevel::quick, VerifyLevel::full}) {
    Bytes flipped = rdb();
    flipped[flipped.size() / 2] ^= std::byte{1};
    Bytes shorter = rdb();
    shorter.resize(shorter.size() / 2);
    for (const Bytes& bytes : {flipped, shorter, Bytes(), Bytes(100, std::byte{'x'})}) {
      const Attestation made = verify(bytes, level);
      EXPECT_FALSE(made.passed);
      EXPECT_NE(made.detail, "");
      EXPECT_EQ(made.detail.find('\n'), std::string::npos) << made.detail;
    }
  }
}

TEST_F(RedisVerify, APlainFileSaysAsWhatItWasChecked) {
  const Bytes half(rdb().begin(), rdb().begin() + static_cast<std::ptrdiff_t>(rdb().size() / 2));
  for (const Bytes& bytes : {rdb(), half}) {
    test::StoredFile file(std::make_unique<MemorySource>(
        "a.rdb",
        std::vector<MemoryFile>{{.path = "a.rdb", .bytes = bytes, .chunking = Chunking::content}}));
    const Attestation made = verify_plain_rdb(file.reader(), VerifyLevel::full);
    EXPECT_EQ(made.passed, bytes == rdb());
    EXPECT_EQ(made.detail.starts_with("checked as an RDB file"), !made.passed) << made.detail;
  }
}

TEST_F(RedisVerify, WhatOnlyTheEnginesProgramSeesDoesNotPass) {
  Bytes bytes = rdb();
  // The type of the first key, after "REDIS0010", becomes one that there is not.
  const std::string_view text = as_text(bytes);
  const auto key = text.find("\x05key:");
  const auto other = text.find("\x08key:");
  const std::size_t at = std::min(key, other) - 1;
  ASSERT_LT(at, bytes.size());
  bytes[at] = std::byte{99};
  bytes = sealed(bytes);
  EXPECT_TRUE(verify(bytes, VerifyLevel::quick).passed);
  const Attestation made = verify(bytes);
  EXPECT_FALSE(made.passed);
  EXPECT_NE(made.detail.find("99"), std::string::npos) << made.detail;
}

TEST_F(RedisVerify, WithoutTheEnginesProgramTheProofIsAQuickOne) {
  const SearchPath nothing_there("/nowhere");
  const Attestation made = verify(rdb());
  EXPECT_TRUE(made.passed);
  EXPECT_EQ(made.level, "quick");
  EXPECT_NE(made.detail.find("not installed"), std::string::npos) << made.detail;
}

TEST_F(RedisVerify, AFormatThatTheEnginesProgramDoesNotKnowGetsAQuickProof) {
  Bytes bytes = rdb();
  std::copy_n(as_bytes("0099").begin(), 4, bytes.begin() + 5);
  const Attestation made = verify(sealed(bytes));
  EXPECT_TRUE(made.passed) << made.detail;
  EXPECT_EQ(made.level, "quick");
  EXPECT_NE(made.detail.find("version 99"), std::string::npos) << made.detail;
}

TEST_F(RedisVerify, AStopEndsItAndLeavesNoProgramBehind) {
  test::StoredFile file(std::make_unique<MemorySource>(
      "a.rdb",
      std::vector<MemoryFile>{{.path = "a.rdb", .bytes = rdb(), .chunking = Chunking::content}}));
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW(verify_rdb(file.reader(), VerifyLevel::full, stop.get_token()), Error);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "no child";
}

}  // namespace
}  // namespace varve
