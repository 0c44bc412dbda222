#include "tools/drill/redis_drill.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <fstream>
#include <utility>

#include "store/core/error.h"
#include "store/restore/restore.h"
#include "tools/drill/drill_folder.h"
#include "tools/drill/findings.h"
#include "tools/drill/rdb_trial.h"

namespace varve {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kRoomBeside = 16u << 20;
constexpr std::uint64_t kMiB = 1u << 20;

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
    RdbTrial trial(folder_.path(), info_.name, request_.stop);
    trial.load(rdb);
    made_.restore_seconds = elapsed.count() + trial.load_seconds();
    made_.program = trial.program();
    findings_ = std::move(trial.findings());
    if (!made_.program.empty()) compare_with_recorded(trial.keys_in_file());
  }

  void compare_with_recorded(const std::optional<KeysInFile>& in_file) {
    const std::uint64_t loaded = sum_of(findings_.row_counts);
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
