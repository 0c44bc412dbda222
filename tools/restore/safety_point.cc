#include "tools/restore/safety_point.h"

#include <fmt/format.h>

#include <utility>

#include "store/core/error.h"
#include "store/gc/forget.h"
#include "store/ingest/ingest.h"
#include "store/snapshots/snapshot_name.h"
#include "tools/restore/unsaved_change.h"

namespace varve {
namespace {

IngestResult store(Repository& repository, std::vector<std::unique_ptr<Source>> sources,
                   const std::string& host, const std::stop_token& stop) {
  IngestRequest request;
  request.sources = std::move(sources);
  request.tags = {kSafetyTag};
  request.host = host;
  request.even_if_unchanged = true;
  request.stop = stop;
  return ingest(repository, std::move(request));
}

}  // namespace

SafetyPoint::~SafetyPoint() {
  if (!taken() || is_kept_) return;
  try {
    forget(repository_, {taken()->id});
  } catch (const std::exception&) {  // see the header
  }
}

const Snapshot& SafetyPoint::take(SafetyRequest request) {
  try {
    IngestResult result =
        store(repository_, std::move(request.sources), request.host, request.stop);
    snapshot_ = std::move(result.snapshot);
    if (request.is_exact && !result.warnings.empty()) {
      throw Error(ErrorCode::failed, result.warnings.front());
    }
    for (const std::string& warning : result.warnings) {
      warnings_.push_back(fmt::format("safety snapshot {}: {}", snapshot_->name, warning));
    }
    return *snapshot_;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::interrupted) throw;
    throw Error(error.code(), fmt::format("no safety snapshot of {} could be taken, and nothing "
                                          "was changed: {}; --no-safety goes without",
                                          request.target, error.what()));
  }
}

void SafetyPoint::take_trace(const Trace& trace) {
  std::vector<std::unique_ptr<Source>> sources;
  sources.push_back(std::make_unique<UnsavedChange>(trace.name, trace.location));
  try {
    trace_ = store(repository_, std::move(sources), trace.host, trace.stop).snapshot;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::interrupted) throw;
    warnings_.push_back(
        fmt::format("that {} is changed without a safety snapshot could not be recorded ({}): "
                    "--undo would put back an older state",
                    trace.location, error.what()));
  }
}

}  // namespace varve
