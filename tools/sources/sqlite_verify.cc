#include "tools/sources/sqlite_verify.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <utility>

#include "store/core/error.h"
#include "store/core/one_line.h"
#include "store/transform/digest.h"
#include "tools/sources/assertions.h"
#include "tools/sources/index_pages.h"
#include "tools/sources/snapshot_vfs.h"
#include "tools/sources/sqlite_checks.h"

namespace varve {
namespace {

constexpr std::size_t kLeastCache = std::size_t{16} << 20;  // bytes

// The file's hash, made on a thread of its own beside SQLite's checks. What passes by is offered to
// `pages`.
class Hashing {
 public:
  Hashing(FileReader& file, IndexPages& pages, std::stop_token stop)
      : stop_(std::move(stop)),
        pages_(pages),
        result_(std::async(std::launch::async, [this, &file] { return hash(file); })) {}
  ~Hashing() { abandoned_ = true; }  // the future waits
  Hashing(const Hashing&) = delete;
  Hashing& operator=(const Hashing&) = delete;

  std::uint64_t bytes() const noexcept { return bytes_; }
  bool done_within(std::chrono::milliseconds time) const {
    return result_.wait_for(time) == std::future_status::ready;
  }
  Sha256 finish() { return result_.get(); }  // throws what the store threw

 private:
  Sha256 hash(FileReader& file) {
    Sha256Stream hash;
    file.stream(
        [&](ByteView bytes) {
          if (abandoned_ || stop_.stop_requested()) {
            throw Error(ErrorCode::interrupted, "the verification was interrupted");
          }
          hash.update(bytes);
          pages_.take(bytes_, bytes);
          bytes_ += bytes.size();
        },
        1);
    return hash.finish();
  }

  std::stop_token stop_;
  IndexPages& pages_;
  std::atomic<bool> abandoned_{false};
  std::atomic<std::uint64_t> bytes_{0};
  std::future<Sha256> result_;  // last: its thread uses the others
};

// Counts what both readers have read.
class Progress {
  static constexpr std::uint64_t kTellEvery = 1 << 20;  // bytes

 public:
  Progress(std::uint64_t size, const Hashing& hashing, const VerifyProgress& report)
      : size_(size), hashing_(hashing), report_(report) {}

  void checked(std::size_t bytes) {
    untold_ += bytes;
    if (bytes > 0 && untold_ < kTellEvery) return;
    checked_ = std::min(checked_ + std::exchange(untold_, 0), size_);  // some pages are read twice
    tell();
  }
  void all_checked() {
    checked_ = size_;
    tell();
  }
  void tell() const {
    if (report_) report_(checked_ + hashing_.bytes(), 2 * size_);
  }

 private:
  std::uint64_t size_;
  const Hashing& hashing_;
  const VerifyProgress& report_;
  std::uint64_t checked_ = 0;
  std::uint64_t untold_ = 0;
};

void put(const std::vector<std::string>& assertions, sqlite3* database, SqliteFindings& findings,
         std::vector<Assertion>& results) {
  results = put_assertions(database, assertions);
  for (std::string& fault : faults_of(results)) findings.faults.push_back(std::move(fault));
}

// What SQLite finds. It reads chunks that the hashing, which reads all of them, holds against their
// names: here their stored bytes' checksums do.
SqliteFindings check(ChunkReader& chunks, const FileEntry& entry, const IndexPages& pages,
                     const SqliteVerification& wanted, Progress& progress,
                     std::vector<Assertion>& results) {
  FileReader file(chunks, entry, ChunkReader::Check::stored);
  SnapshotDatabase database(file);
  database.serve([&](std::uint64_t offset, MutableBytes out) { return pages.read(offset, out); });
  database.watch([&](std::size_t bytes) {
    progress.checked(bytes);
    return !wanted.stop.stop_requested();
  });
  const CheckedDatabase checked{database.handle(), &database.store_error(),
                                std::max(kLeastCache, wanted.memory / 8)};
  SqliteFindings findings =
      wanted.level == VerifyLevel::quick ? check_quickly(checked) : check_fully(checked);
  if (wanted.level == VerifyLevel::full && findings.faults.empty()) {
    put(wanted.assertions, database.handle(), findings, results);
  }
  if (wanted.stop.stop_requested()) {
    throw Error(ErrorCode::interrupted,
                fmt::format("the verification of {} was interrupted", entry.path));
  }
  progress.all_checked();
  return findings;
}

std::optional<Sha256> hash_of(Hashing& hashing, const Progress& progress,
                              std::vector<std::string>& faults) {
  constexpr auto kReportEvery = std::chrono::milliseconds(100);
  while (!hashing.done_within(kReportEvery)) progress.tell();
  try {
    const Sha256 hash = hashing.finish();
    progress.tell();
    return hash;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::interrupted) throw;
    faults.insert(faults.begin(), one_line(error.what()));
    return std::nullopt;
  }
}

std::string detail_of(const SqliteFindings& findings) {
  std::vector<std::string> lines = findings.faults;
  lines.insert(lines.end(), findings.notes.begin(), findings.notes.end());
  lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
  return fmt::format("{}", fmt::join(lines, "; "));
}

}  // namespace

Attestation verify_sqlite(ChunkReader& chunks, const FileEntry& file,
                          const SqliteVerification& wanted) {
  const auto start = std::chrono::steady_clock::now();
  FileReader hashed(chunks, file, ChunkReader::Check::id);
  IndexPages pages(wanted.memory);
  Hashing hashing(hashed, pages, wanted.stop);
  Progress progress(file.size, hashing, wanted.progress);
  Attestation attestation;
  SqliteFindings findings = check(chunks, file, pages, wanted, progress, attestation.assertions);
  attestation.sha256 = hash_of(hashing, progress, findings.faults);
  attestation.level = wanted.level == VerifyLevel::quick ? "quick" : "full";
  attestation.passed = findings.faults.empty();
  attestation.detail = detail_of(findings);
  attestation.row_counts = std::move(findings.row_counts);
  attestation.program = fmt::format("sqlite {}", sqlite3_libversion());
  attestation.file = file.path;
  attestation.time = Timestamp::now();
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  attestation.seconds = elapsed.count();
  return attestation;
}

}  // namespace varve
