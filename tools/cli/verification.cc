#include "tools/cli/verification.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <mutex>

#include "store/core/error.h"
#include "store/file_reader.h"
#include "store/parallel.h"
#include "store/transform/digest.h"
#include "tools/cli/files_verification.h"
#include "tools/cli/verified.h"
#include "tools/sources/postgres_verify.h"
#include "tools/sources/redis_verify.h"
#include "tools/sources/sqlite_verify.h"

namespace varve::cli {
namespace {

using Clock = std::chrono::steady_clock;

// Each takes up to 64 MiB for SQLite's pages, and a second thread for the hash.
constexpr unsigned kSourcesAtOnce = 2;

const FileEntry* first_file_of(const Snapshot& snapshot, std::uint32_t source) {
  const auto found = std::find_if(snapshot.files.begin(), snapshot.files.end(),
                                  [&](const FileEntry& file) { return file.source == source; });
  return found == snapshot.files.end() ? nullptr : &*found;
}

// Bytes without a structure that varve knows: they are what was written, that is all there is to
// prove.
Attestation verify_bytes(Repository& repository, const FileEntry& file,
                         const VerificationRequest& request) {
  FileReader reader(repository.chunks(), file, ChunkReader::Check::id);
  Sha256Stream hash;
  std::uint64_t done = 0;
  reader.stream([&](ByteView bytes) {
    if (request.stop.stop_requested()) throw Error(ErrorCode::interrupted, "interrupted");
    hash.update(bytes);
    done += bytes.size();
    if (request.progress) request.progress(done, file.size);
  });
  Attestation made;
  made.sha256 = hash.finish();
  made.passed = done == file.size;
  if (!made.passed) made.detail = fmt::format("{} of {} bytes came back", done, file.size);
  return made;
}

Attestation verify_file(Repository& repository, const SourceInfo& source, const FileEntry& file,
                        const VerificationRequest& request) {
  FileReader reader(repository.chunks(), file, ChunkReader::Check::id);
  const VerifyLevel level = request.level == "full" ? VerifyLevel::full : VerifyLevel::quick;
  if (source.kind == "sqlite") return verify_sqlite(reader, level, request.stop, request.progress);
  if (source.kind == "redis") return verify_rdb(reader, level, request.stop, request.progress);
  return verify_bytes(repository, file, request);
}

// A store that does not give back what it was given is a failed verification, and no reason to
// leave the other sources unproven.
Attestation verify_source(Repository& repository, const SourceInfo& source, const FileEntry& file,
                          const VerificationRequest& request) {
  const Clock::time_point begin = Clock::now();
  Attestation made;
  try {
    made = verify_file(repository, source, file, request);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt) throw;
    made.passed = false;
    made.detail = error.what();
  }
  made.source = source.name;
  made.file = file.path;
  if (made.program.empty()) made.program = "varve " VARVE_VERSION;
  if (made.level.empty()) made.level = request.level;
  made.time = Timestamp::now();
  made.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return made;
}

// The progress of sources that are verified side by side, as one.
class SharedProgress {
 public:
  SharedProgress(std::size_t sources, const VerificationRequest& request)
      : parts_(sources), request_(request) {}

  void show(std::size_t source, std::uint64_t done, std::uint64_t all) {
    if (!request_.progress) return;
    const std::lock_guard lock(mutex_);
    parts_[source] = {done, all};
    Part sum;
    for (const Part& part : parts_) sum = {sum.done + part.done, sum.all + part.all};
    request_.progress(sum.done, sum.all);
  }

 private:
  struct Part {
    std::uint64_t done = 0;
    std::uint64_t all = 0;
  };
  std::mutex mutex_;  // guards the rest; the callback runs under it
  std::vector<Part> parts_;
  const VerificationRequest& request_;
};

using Results = std::vector<std::optional<Attestation>>;

void keep(Repository& repository, Snapshot& snapshot, Results& results) {
  std::vector<Attestation> made;
  for (std::optional<Attestation>& result : results) {
    if (result) made.push_back(std::move(*result));
  }
  if (made.empty()) return;
  repository.attest(snapshot.id, made);
  std::move(made.begin(), made.end(), std::back_inserter(snapshot.attestations));
}

Attestation verify_dump(Repository& repository, const Snapshot& snapshot, std::uint32_t number,
                        const VerificationRequest& request) {
  const Clock::time_point begin = Clock::now();
  PostgresVerification wanted;
  wanted.full = request.level == "full";
  wanted.stop = request.stop;
  wanted.progress = request.progress;
  Attestation made = verify_postgres(repository.chunks(), snapshot, number, wanted);
  made.source = snapshot.sources[number].name;
  made.level = request.level;
  made.time = Timestamp::now();
  made.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return made;
}

Attestation verify_source_number(Repository& repository, const Snapshot& snapshot,
                                 std::uint32_t number, const VerificationRequest& request) {
  const SourceInfo& source = snapshot.sources[number];
  if (source.kind == "postgresql") return verify_dump(repository, snapshot, number, request);
  if (source.kind == "files") return verify_files(repository, snapshot, number, request);
  return verify_source(repository, source, *first_file_of(snapshot, number), request);
}

}  // namespace

void verify_snapshot(Repository& repository, Snapshot& snapshot,
                     const VerificationRequest& request) {
  Results results(snapshot.sources.size());
  SharedProgress progress(results.size(), request);
  const auto verify = [&](std::size_t i) {
    const auto number = static_cast<std::uint32_t>(i);
    const std::string& name = snapshot.sources[i].name;
    // What was taken over from an earlier snapshot came with its proof.
    if (is_verified_enough(source_verified(snapshot, name), request.level)) return;
    if (first_file_of(snapshot, number) == nullptr) return;
    VerificationRequest one = request;
    one.progress = [&, i](std::uint64_t done, std::uint64_t all) { progress.show(i, done, all); };
    results[i] = verify_source_number(repository, snapshot, number, one);
  };
  try {
    for_each_index(results.size(), kSourcesAtOnce, request.stop, verify);
  } catch (...) {
    keep(repository, snapshot, results);
    throw;
  }
  keep(repository, snapshot, results);
}

}  // namespace varve::cli
