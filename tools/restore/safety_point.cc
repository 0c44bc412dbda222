#include "tools/restore/safety_point.h"

#include <fmt/format.h>

#include <utility>

#include "store/core/error.h"
#include "store/forget.h"
#include "store/ingest.h"
#include "store/snapshot_name.h"

namespace varve {

SafetyPoint::~SafetyPoint() {
  if (!snapshot_ || is_kept_) return;
  try {
    forget(repository_, {snapshot_->id});
  } catch (const std::exception&) {  // see the header
  }
}

const Snapshot& SafetyPoint::take(SafetyRequest request) {
  IngestRequest ingest_request;
  ingest_request.sources = std::move(request.sources);
  ingest_request.tags = {kSafetyTag};
  ingest_request.host = request.host;
  ingest_request.even_if_unchanged = true;
  ingest_request.stop = request.stop;
  try {
    IngestResult result = ingest(repository_, std::move(ingest_request));
    snapshot_ = std::move(result.snapshot);
    if (request.is_exact && !result.warnings.empty()) {
      throw Error(ErrorCode::failed, result.warnings.front());
    }
    return *snapshot_;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::interrupted) throw;
    throw Error(error.code(), fmt::format("no safety snapshot of {} could be taken, and nothing "
                                          "was changed: {}; --no-safety goes without",
                                          request.target, error.what()));
  }
}

}  // namespace varve
