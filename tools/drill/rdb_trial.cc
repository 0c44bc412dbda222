#include "tools/drill/rdb_trial.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <utility>

#include "store/core/error.h"
#include "tools/drill/scratch_redis.h"
#include "tools/process/check_program.h"

namespace varve {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kKeys = "keys_";

std::uint64_t number_in(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::uint64_t number_before(const std::string& text, std::string_view words) {
  const std::size_t end = text.find(words);
  if (end == std::string::npos) return 0;
  const std::size_t begin = text.rfind(' ', end - 1);
  return begin == std::string::npos ? 0 : number_in(std::string_view(text).substr(begin + 1));
}

std::optional<KeysInFile> count_keys(const Path& file, const std::stop_token& stop) {
  const auto program = CheckProgram::start({"redis-check-rdb", file.native()}, stop);
  if (!program) return std::nullopt;
  const CheckProgram::Result result = program->finish();
  if (result.status != 0 || result.output.find(" keys read") == std::string::npos) {
    return std::nullopt;
  }
  return KeysInFile{number_before(result.output, " keys read"),
                    number_before(result.output, " expires")};
}

bool blames_the_file(const std::string& words) {
  constexpr std::array kComplaints = {"Fatal error loading",    "Internal error in RDB",
                                      "Unexpected EOF reading", "Short read or OOM",
                                      "Wrong RDB checksum",     "Wrong signature"};
  return std::ranges::any_of(kComplaints, [&](const char* complaint) {
    return words.find(complaint) != std::string::npos;
  });
}

}  // namespace

RowCounts keys_of(const std::map<std::string, std::string>& facts) {
  RowCounts keys;
  for (const auto& [fact, value] : facts) {
    if (fact.starts_with(kKeys)) keys[fact.substr(kKeys.size())] = number_in(value);
  }
  return keys;
}

std::uint64_t sum_of(const RowCounts& keys) {
  std::uint64_t sum = 0;
  for (const auto& [database, count] : keys) sum += count;
  return sum;
}

void RdbTrial::load(const Path& rdb) {
  in_file_ = count_keys(rdb, stop_);
  const Clock::time_point begin = Clock::now();
  const ScratchRedis server(folder_, rdb);
  const std::optional<RedisInfo> said = server.await(stop_);
  load_seconds_ = std::chrono::duration<double>(Clock::now() - begin).count();
  if (!said) return refuse(server.words(), server.last_words());
  program_ = "redis-server " + said->field("redis_version");
  findings_.row_counts = keys_of(said->facts());
  compare();
}

void RdbTrial::refuse(const std::string& words, const std::string& last) {
  if (words.find("Can't handle RDB format version") != std::string::npos) {
    throw Error(ErrorCode::failed,
                fmt::format("the redis-server here is older than the one that {} comes from: "
                            "install a newer one",
                            name_));
  }
  if (!blames_the_file(words)) {
    throw Error(ErrorCode::failed, "the scratch redis-server ended: " + last);
  }
  findings_.faults.push_back("redis-server does not load it: " + last);
}

void RdbTrial::compare() {
  const std::uint64_t loaded = sum_of(findings_.row_counts);
  if (!in_file_) {
    findings_.notes.emplace_back(
        "the keys were not counted in the file: redis-check-rdb (package redis-tools) is not "
        "here, or older than the file");
  } else if (loaded > in_file_->all || loaded + in_file_->expiring < in_file_->all) {
    findings_.faults.push_back(
        fmt::format("the server has {} keys, and the file holds {}", loaded, in_file_->all));
  }
}

}  // namespace varve
