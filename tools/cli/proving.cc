#include "tools/cli/proving.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "store/core/error.h"
#include "store/read/file_reader.h"
#include "store/transform/digest.h"
#include "tools/cli/earlier_proof.h"
#include "tools/cli/files_verification.h"
#include "tools/drill/drill.h"
#include "tools/drill/findings.h"
#include "tools/sources/postgres_archive_verify.h"
#include "tools/sources/postgres_verify.h"
#include "tools/sources/rdb_recognition.h"
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

VerifyLevel level_of(const ProvingRequest& request) {
  return request.level == "quick" ? VerifyLevel::quick : VerifyLevel::full;
}

// Bytes without a structure that varve knows: they are what was written, that is all there is to
// prove.
Attestation prove_bytes(Repository& repository, const FileEntry& file,
                        const ProvingRequest& request) {
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

// The bytes of an archive of pg_dump are proven: it, too, must be one.
void add_archive_proof(Attestation& made, Repository& repository, const Snapshot& snapshot,
                       const FileEntry& file, const ProvingRequest& request) {
  Attestation archive =
      verify_postgres_archive(repository.chunks(), snapshot, file,
                              {.full = request.level != "quick", .stop = request.stop});
  archive.sha256 = made.sha256;
  made = std::move(archive);
}

// The rows that a table has, against those that were recorded of this snapshot before.
void compare_rows(Attestation& made, const Snapshot& snapshot, std::uint32_t source) {
  if (!made.passed || made.row_counts.empty() || !made.detail.empty()) return;
  Findings findings;
  findings.row_counts = std::move(made.row_counts);
  findings.add_faults(varve::compare_rows(recorded_rows(snapshot, source), findings.row_counts));
  std::vector<Assertion> assertions = std::move(made.assertions);
  std::move(findings).conclude(made);
  made.assertions = std::move(assertions);
}

Attestation prove_file(Repository& repository, const Snapshot& snapshot, std::uint32_t source,
                       const ProvingRequest& request) {
  const FileEntry& file = *first_file_of(snapshot, source);
  const std::string& kind = snapshot.sources[source].kind;
  Attestation made;
  if (kind == "sqlite") {
    made = verify_sqlite(repository.chunks(), file,
                         {.level = level_of(request),
                          .assertions = request.assertions,
                          .memory = request.memory,
                          .stop = request.stop,
                          .progress = request.progress});
    compare_rows(made, snapshot, source);
  } else if (is_rdb_source(snapshot, source)) {
    const auto verify = kind == "redis" ? verify_rdb : verify_plain_rdb;
    FileReader reader(repository.chunks(), file, ChunkReader::Check::id);
    made = verify(reader, level_of(request), request.stop, request.progress);
  } else {
    made = prove_bytes(repository, file, request);
    if (kind == "pgdump" && made.passed)
      add_archive_proof(made, repository, snapshot, file, request);
  }
  made.file = file.path;
  return made;
}

Attestation prove_dump(Repository& repository, const Snapshot& snapshot, std::uint32_t source,
                       const ProvingRequest& request) {
  PostgresVerification wanted;
  wanted.full = request.level != "quick";
  wanted.stop = request.stop;
  wanted.progress = request.progress;
  // When it was just stored, all of it is read.
  const auto proof = request.since
                         ? EarlierProof::find(repository, snapshot, snapshot.sources[source],
                                              request.level, request.since)
                         : std::nullopt;
  bool is_supported = false;
  if (proof) {
    wanted.known_rows = [&](const FileEntry& file) {
      const auto rows = proof->rows_of_table(file);
      is_supported = is_supported || rows;
      return rows;
    };
  }
  Attestation made = verify_postgres(repository.chunks(), snapshot, source, wanted);
  if (is_supported && made.passed) proof->support(made);
  return made;
}

// As the source lies in the store.
Attestation prove_stored(Repository& repository, const Snapshot& snapshot, std::uint32_t source,
                         const ProvingRequest& request) {
  const std::string& kind = snapshot.sources[source].kind;
  if (kind == "postgresql") return prove_dump(repository, snapshot, source, request);
  if (kind == "files") return verify_files(repository, snapshot, source, request);
  return prove_file(repository, snapshot, source, request);
}

// What is written out is read whole on the way, and checked where it lies then. A server takes
// what it is given: there the stored form is proven first.
Attestation prove_by_drill(Repository& repository, const Snapshot& snapshot, std::uint32_t source,
                           const ProvingRequest& request) {
  const bool is_dump = snapshot.sources[source].kind == "postgresql";
  Attestation stored;
  if (is_dump || is_rdb_source(snapshot, source)) {
    stored = prove_stored(repository, snapshot, source, request);
    if (!stored.passed) return stored;
  }
  DrillRequest wanted;
  wanted.assertions = request.assertions;
  wanted.stop = request.stop;
  wanted.progress = request.progress;
  Attestation made = drill(repository, snapshot, source, wanted);
  made.sha256 = stored.sha256;
  made.file = stored.file;
  return made;
}

// A store that does not give back what it was given is a result, and no reason to leave the other
// sources unproven.
Attestation prove_or_say_why(Repository& repository, const Snapshot& snapshot, std::uint32_t source,
                             const ProvingRequest& request) {
  try {
    return request.level == "drill" ? prove_by_drill(repository, snapshot, source, request)
                                    : prove_stored(repository, snapshot, source, request);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt) throw;
    Attestation made;
    made.detail = error.what();
    return made;
  }
}

}  // namespace

Attestation prove(Repository& repository, const Snapshot& snapshot, std::uint32_t source,
                  const ProvingRequest& request) {
  const Clock::time_point begin = Clock::now();
  Attestation made;
  if (first_file_of(snapshot, source) == nullptr) {
    made.passed = true;  // an empty folder without anything to say about it
  } else {
    made = prove_or_say_why(repository, snapshot, source, request);
  }
  made.source = snapshot.sources[source].name;
  if (made.program.empty()) made.program = "varve " VARVE_VERSION;
  if (made.level.empty() || request.level == "drill") made.level = request.level;
  if (made.taken_from.empty()) made.time = Timestamp::now();
  made.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return made;
}

bool has_put(const Attestation& attestation, const std::vector<std::string>& assertions) {
  return std::ranges::all_of(assertions, [&](const std::string& sql) {
    return std::ranges::find(attestation.assertions, sql, &Assertion::sql) !=
           attestation.assertions.end();
  });
}

}  // namespace varve::cli
