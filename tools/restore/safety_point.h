// The safety snapshot of one deed: taken as the last thing before anything is changed, and
// withdrawn where nothing was. One that stayed behind a deed that failed would be taken by the next
// --undo for what was replaced, and what was written since would be gone.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "store/ingest/source.h"
#include "store/repository/repository.h"

namespace varve {

struct SafetyRequest {
  std::string target;  // what is about to be changed, for messages; without secrets
  std::vector<std::unique_ptr<Source>> sources = {};  // each by a safety_source_name()
  bool is_exact = false;  // every byte is wanted: a source's warning is an Error
  std::string host;
  std::stop_token stop;
};

// Not thread-safe.
class SafetyPoint {
 public:
  explicit SafetyPoint(Repository& repository) : repository_(repository) {}
  // Forgets what was taken and not kept. That this fails is not told: the error that is on its way
  // is the one to know.
  ~SafetyPoint();
  SafetyPoint(const SafetyPoint&) = delete;
  SafetyPoint& operator=(const SafetyPoint&) = delete;

  // At most once; durable when it returns. Throws an Error that names --no-safety where it cannot
  // be taken.
  const Snapshot& take(SafetyRequest request);

  // Instead of take(), where none is wanted: the trace of a change to `location`
  // (unsaved_change.h). Where it cannot be recorded, that is a warning.
  struct Trace {
    std::string name;  // of what is changed
    std::string location;
    std::string host;
    std::stop_token stop;
  };
  void take_trace(const Trace& trace);

  // Something was changed, whatever may come now.
  void keep() noexcept { is_kept_ = true; }

  // Nothing where none was taken, or a trace alone.
  const std::optional<Snapshot>& snapshot() const noexcept { return snapshot_; }
  // Either.
  const std::optional<Snapshot>& taken() const noexcept { return snapshot_ ? snapshot_ : trace_; }
  // What the safety snapshot misses, and that there is no trace.
  const std::vector<std::string>& warnings() const noexcept { return warnings_; }

 private:
  Repository& repository_;
  std::vector<std::string> warnings_;
  std::optional<Snapshot> snapshot_;
  std::optional<Snapshot> trace_;
  bool is_kept_ = false;
};

}  // namespace varve
