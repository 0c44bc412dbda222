#include "tools/cli/verification.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "store/core/error.h"
#include "store/file_reader.h"
#include "store/transform/digest.h"
#include "tools/cli/verified.h"
#include "tools/sources/redis_verify.h"
#include "tools/sources/sqlite_verify.h"

namespace varve::cli {
namespace {

using Clock = std::chrono::steady_clock;

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

// An attestation that passed, at the level asked for, about the very bytes of `file`.
std::optional<Attestation> earlier_attestation(const std::vector<Snapshot>& earlier,
                                               const std::string& source, const FileEntry& file,
                                               const std::string& level) {
  for (auto snapshot = earlier.rbegin(); snapshot != earlier.rend(); ++snapshot) {
    const FileEntry* same = snapshot->find(file.path);
    const Attestation* attestation = newest_attestation(*snapshot, source);
    if (same == nullptr || attestation == nullptr || attestation->file != file.path) continue;
    if (same->size != file.size || same->root != file.root) continue;
    const std::string verified = attestation->passed ? attestation->level : "failed";
    if (is_verified_enough(verified, level)) return *attestation;
  }
  return {};
}

}  // namespace

void verify_snapshot(Repository& repository, Snapshot& snapshot,
                     const VerificationRequest& request) {
  std::vector<Snapshot> earlier;
  if (!request.unchanged_sources.empty()) earlier = repository.snapshots();
  for (std::uint32_t i = 0; i < snapshot.sources.size(); ++i) {
    const SourceInfo& source = snapshot.sources[i];
    const FileEntry* file = first_file_of(snapshot, i);
    if (file == nullptr) continue;
    const bool unchanged = std::count(request.unchanged_sources.begin(),
                                      request.unchanged_sources.end(), source.name) > 0;
    std::optional<Attestation> made;
    if (unchanged) made = earlier_attestation(earlier, source.name, *file, request.level);
    if (!made) made = verify_source(repository, source, *file, request);
    repository.attest(snapshot.id, *made);
    snapshot.attestations.push_back(std::move(*made));
  }
}

}  // namespace varve::cli
