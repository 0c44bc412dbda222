#include "tools/cli/files_verification.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "store/core/error.h"
#include "store/read/file_reader.h"
#include "tools/cli/earlier_proof.h"
#include "tools/sources/postgres_archive_verify.h"
#include "tools/sources/rdb_recognition.h"
#include "tools/sources/redis_verify.h"
#include "tools/sources/sqlite_verify.h"

namespace varve::cli {
namespace {

constexpr std::size_t kMostFaults = 5;  // named one by one

class FilesVerification {
 public:
  FilesVerification(Repository& repository, const Snapshot& snapshot, std::uint32_t source,
                    const ProvingRequest& request)
      : repository_(repository),
        snapshot_(snapshot),
        request_(request),
        proof_(EarlierProof::find(repository, snapshot, snapshot.sources[source], request.level,
                                  request.since)) {
    for (const FileEntry& file : snapshot.files) {
      if (file.source != source || file.type != FileType::file) continue;
      if (proof_ && proof_->covers(file)) {
        is_supported_ = is_supported_ || file.size > 0;
        take_over_row_counts(file);
      } else {
        files_.push_back(&file);
        all_ += file.size;
      }
    }
  }

  Attestation run() {
    for (const FileEntry* file : files_) verify(*file);
    made_.passed = faults_ == 0;
    if (faults_ > kMostFaults) made_.detail += fmt::format("; {} more", faults_ - kMostFaults);
    made_.program = "varve " VARVE_VERSION;
    if (sqlite_) made_.program += fmt::format(", {}", *sqlite_);
    if (postgres_) made_.program += fmt::format(", {}", *postgres_);
    if (redis_) made_.program += fmt::format(", {}", *redis_);
    if (made_.passed && !notes_.empty()) made_.detail = fmt::format("{}", fmt::join(notes_, "; "));
    if (is_supported_ && faults_ == 0) proof_->support(made_);
    return std::move(made_);
  }

 private:
  static std::string prefix_of(const FileEntry& file) { return file.path + ":"; }

  void take_over_row_counts(const FileEntry& file) {
    const auto& known = proof_->attestation().row_counts;
    const std::string prefix = prefix_of(file);
    for (auto row = known.lower_bound(prefix); row != known.end() && row->first.starts_with(prefix);
         ++row) {
      made_.row_counts.insert(*row);
    }
  }

  // What the store cannot give back is a fault of this file, and no reason to leave the others
  // unproven.
  void verify(const FileEntry& file) {
    try {
      if (file.format == "sqlite") {
        verify_database(file);
      } else if (file.format == kRdbFormat) {
        verify_redis_file(file);
      } else {
        read_back(file);
        if (file.format == "pgdump") verify_archive(file);
      }
    } catch (const Error& error) {
      if (error.code() != ErrorCode::corrupt) throw;
      note_fault(file, error.what());
    }
    done_ += file.size;
    show(0, 1);
  }

  void verify_database(const FileEntry& file) {
    SqliteVerification wanted;
    wanted.level = request_.level == "full" ? VerifyLevel::full : VerifyLevel::quick;
    wanted.memory = request_.memory;
    wanted.stop = request_.stop;
    wanted.progress = [&](std::uint64_t done, std::uint64_t all) {
      show(static_cast<double>(done) * static_cast<double>(file.size), static_cast<double>(all));
    };
    const Attestation one = verify_sqlite(repository_.chunks(), file, wanted);
    sqlite_ = one.program;
    if (!one.passed) note_fault(file, one.detail);
    for (const auto& [table, rows] : one.row_counts) {
      made_.row_counts[prefix_of(file) + table] = rows;
    }
  }

  void verify_redis_file(const FileEntry& file) {
    FileReader reader(repository_.chunks(), file, ChunkReader::Check::id);
    const Attestation one = verify_plain_rdb(
        reader, request_.level == "quick" ? VerifyLevel::quick : VerifyLevel::full, request_.stop,
        [&](std::uint64_t done, std::uint64_t) { show(static_cast<double>(done), 1); });
    if (!one.passed) note_fault(file, one.detail);
    if (one.passed && !one.detail.empty()) notes_.push_back(one.detail);
    if (one.level == "quick") made_.level = one.level;  // then that is what all of it has
    if (!one.program.empty()) redis_ = one.program;
  }

  void verify_archive(const FileEntry& file) {
    const Attestation one =
        verify_postgres_archive(repository_.chunks(), snapshot_, file,
                                {.full = request_.level == "full", .stop = request_.stop});
    if (!one.passed) note_fault(file, one.detail);
    if (one.passed && !one.detail.empty()) notes_.push_back(file.path + ": " + one.detail);
    postgres_ = one.program;
    for (const auto& [table, rows] : one.row_counts) {
      made_.row_counts[prefix_of(file) + table] = rows;
    }
  }

  void read_back(const FileEntry& file) {
    FileReader reader(repository_.chunks(), file, ChunkReader::Check::id);
    std::uint64_t read = 0;
    reader.stream(
        [&](ByteView bytes) {
          if (request_.stop.stop_requested()) throw Error(ErrorCode::interrupted, "interrupted");
          read += bytes.size();
          show(static_cast<double>(read), 1);
        },
        1);
    if (read != file.size) {
      note_fault(file, fmt::format("{} of {} bytes came back", read, file.size));
    }
  }

  void note_fault(const FileEntry& file, const std::string& what) {
    if (++faults_ > kMostFaults) return;
    made_.detail += fmt::format("{}{}: {}", faults_ == 1 ? "" : "; ", file.path, what);
  }

  // `part` of `whole`, in bytes of the file at hand.
  void show(double part, double whole) const {
    if (!request_.progress || whole <= 0) return;
    request_.progress(done_ + static_cast<std::uint64_t>(part / whole), all_);
  }

  Repository& repository_;
  const Snapshot& snapshot_;
  const ProvingRequest& request_;
  const std::optional<EarlierProof> proof_;
  std::vector<const FileEntry*> files_;
  std::uint64_t all_ = 0;
  std::uint64_t done_ = 0;
  bool is_supported_ = false;  // some of it was proven before
  std::size_t faults_ = 0;
  std::vector<std::string> notes_;  // what could not be looked at
  std::optional<std::string> sqlite_;
  std::optional<std::string> postgres_;
  std::optional<std::string> redis_;
  Attestation made_;
};

}  // namespace

Attestation verify_files(Repository& repository, const Snapshot& snapshot, std::uint32_t source,
                         const ProvingRequest& request) {
  return FilesVerification(repository, snapshot, source, request).run();
}

}  // namespace varve::cli
