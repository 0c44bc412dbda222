#include "tools/drill/redis_drill.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <fstream>
#include <utility>

#include "store/core/error.h"
#include "store/restore.h"
#include "tools/drill/drill_folder.h"
#include "tools/drill/findings.h"
#include "tools/drill/scratch_redis.h"
#include "tools/process/check_program.h"

namespace varve {
namespace {

using Clock = std::chrono::steady_clock;
using Keys = std::map<std::string, std::uint64_t>;

constexpr std::uint64_t kRoomBeside = 16u << 20;
constexpr std::uint64_t kMiB = 1u << 20;
constexpr std::string_view kKeys = "keys_";

std::uint64_t number_in(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// Bytes that may be had without swapping; all there are where that is not known.
std::uint64_t available_memory() {
  std::ifstream in("/proc/meminfo");
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("MemAvailable:")) continue;
    const std::size_t digit = line.find_first_of("0123456789");
    return digit == line.npos ? ~0ULL : number_in(std::string_view(line).substr(digit)) * 1024;
  }
  return ~0ULL;
}

// A server that takes what is left would make the kernel choose whom to kill.
void require_memory(const SourceInfo& info) {
  const auto used = info.facts.find("used_memory");
  if (used == info.facts.end()) return;
  const std::uint64_t needed = number_in(used->second);
  const std::uint64_t free = available_memory();
  if (needed <= free) return;
  throw Error(
      ErrorCode::failed,
      fmt::format("the drill of {} needs about {} MiB of memory, and {} MiB are free: try it "
                  "on another machine",
                  info.name, needed / kMiB + 1, free / kMiB));
}

// What redis-check-rdb counts in the file: "[info] 3 keys read".
struct KeysInFile {
  std::uint64_t all = 0;
  std::uint64_t expiring = 0;  // of them: a server drops those whose time has come
};

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

Keys keys_of(const std::map<std::string, std::string>& facts) {
  Keys keys;
  for (const auto& [fact, value] : facts) {
    if (fact.starts_with(kKeys)) keys[fact.substr(kKeys.size())] = number_in(value);
  }
  return keys;
}

std::uint64_t sum_of(const Keys& keys) {
  std::uint64_t sum = 0;
  for (const auto& [database, count] : keys) sum += count;
  return sum;
}

class RedisDrill {
 public:
  RedisDrill(Repository& repository, const Snapshot& snapshot, std::uint32_t source,
             const DrillRequest& request)
      : repository_(repository),
        snapshot_(snapshot),
        info_(snapshot.sources.at(source)),
        request_(request) {
    for (const FileEntry& file : snapshot.files) {
      if (file.source == source) file_ = &file;
    }
  }

  Attestation run() {
    if (file_ == nullptr) {
      findings_.faults.emplace_back("the snapshot holds no file of it");
    } else {
      load();
    }
    if (!request_.assertions.empty()) {
      findings_.faults.emplace_back("assertions cannot be put to a Redis server");
    }
    std::move(findings_).conclude(made_);
    return std::move(made_);
  }

 private:
  void load() {
    require_memory(info_);
    folder_.require_space(file_->size + kRoomBeside, info_.name);
    const Path rdb = folder_.path() / "dump.rdb";
    const Clock::time_point begin = Clock::now();
    RestoreOptions options;
    options.stop = request_.stop;
    restore_file(repository_, snapshot_, *file_, rdb, options);
    std::chrono::duration<double> elapsed = Clock::now() - begin;
    const std::optional<KeysInFile> in_file = count_keys(rdb, request_.stop);
    const Clock::time_point start = Clock::now();
    const ScratchRedis server(folder_.path(), rdb);
    const std::optional<RedisInfo> said = server.await(request_.stop);
    elapsed += Clock::now() - start;
    made_.restore_seconds = elapsed.count();
    if (!said) return refuse(server.words(), server.last_words());
    made_.program = "redis-server " + said->field("redis_version");
    findings_.row_counts = keys_of(said->facts());
    compare(in_file);
  }

  void refuse(const std::string& words, const std::string& last) {
    if (words.find("Can't handle RDB format version") != std::string::npos) {
      throw Error(ErrorCode::failed,
                  fmt::format("the redis-server here is older than the one that {} comes from: "
                              "install a newer one",
                              info_.name));
    }
    if (!blames_the_file(words)) {
      throw Error(ErrorCode::failed, "the scratch redis-server ended: " + last);
    }
    findings_.faults.push_back("redis-server does not load it: " + last);
  }

  void compare(const std::optional<KeysInFile>& in_file) {
    const std::uint64_t loaded = sum_of(findings_.row_counts);
    if (!in_file) {
      findings_.notes.emplace_back(
          "the keys were not counted in the file: redis-check-rdb (package redis-tools) is not "
          "here, or older than the file");
    } else if (loaded > in_file->all || loaded + in_file->expiring < in_file->all) {
      findings_.faults.push_back(
          fmt::format("the server has {} keys, and the file holds {}", loaded, in_file->all));
    }
    // The server's own count is of a moment before, when it may have had some more or fewer.
    const std::uint64_t known = sum_of(keys_of(info_.facts));
    if (known > 0 && loaded == 0 && (!in_file || in_file->expiring == 0)) {
      findings_.faults.push_back(
          fmt::format("there are no keys, and the server had {} when it was backed up", known));
    }
  }

  Repository& repository_;
  const Snapshot& snapshot_;
  const SourceInfo& info_;
  const DrillRequest& request_;
  const FileEntry* file_ = nullptr;
  DrillFolder folder_;
  Findings findings_;
  Attestation made_;
};

}  // namespace

Attestation drill_redis(Repository& repository, const Snapshot& snapshot, std::uint32_t source,
                        const DrillRequest& request) {
  return RedisDrill(repository, snapshot, source, request).run();
}

}  // namespace varve
