#include "tools/drill/drill.h"

#include "store/core/error.h"
#include "store/core/one_line.h"
#include "tools/drill/file_drill.h"
#include "tools/drill/postgres_drill.h"
#include "tools/drill/redis_drill.h"
#include "tools/sources/rdb_recognition.h"

namespace varve {
namespace {

Attestation run(Repository& repository, const Snapshot& snapshot, std::uint32_t source,
                const DrillRequest& request) {
  const std::string& kind = snapshot.sources.at(source).kind;
  if (kind == "postgresql") return drill_postgres(repository, snapshot, source, request);
  if (is_rdb_source(snapshot, source)) return drill_redis(repository, snapshot, source, request);
  return drill_files(repository, snapshot, source, request);
}

}  // namespace

Attestation drill(Repository& repository, const Snapshot& snapshot, std::uint32_t source,
                  const DrillRequest& request) {
  Attestation made;
  try {
    made = run(repository, snapshot, source, request);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt) throw;
    made.passed = false;
    made.detail = one_line(error.what());
  }
  made.source = snapshot.sources.at(source).name;
  made.level = "drill";
  made.time = Timestamp::now();
  if (made.program.empty()) made.program = "varve " VARVE_VERSION;
  return made;
}

}  // namespace varve
