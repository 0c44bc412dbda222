// What `varve verify` and `varve drill` came to.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/core/file.h"
#include "store/snapshots/snapshot.h"

namespace varve::cli {

struct ProofReport {
  // One source of one snapshot.
  struct Line {
    std::string snapshot;  // its name
    Timestamp time;        // of the snapshot
    std::string source;
    std::string kind;
    bool has_keys = false;  // what is counted are the keys of a Redis server, and not rows
    std::uint64_t raw_bytes = 0;
    std::optional<Attestation> proof;  // nothing: it could not be tried
    std::string error;                 // why not
  };
  enum class Result { passed, failed, not_tried };
  static Result result_of(const Line& line);

  Path repository;
  std::string host;
  Timestamp time;  // when all was done
  double seconds = 0;
  std::vector<Line> lines;

  std::size_t count(Result result) const;
  // 0 where all passed, that of a warning where one did not, else that of a failure.
  int exit_status() const;
  // "all 4 sources are proven", "1 of 4 sources failed, 1 could not be tried"
  std::string summary() const;
};

// "passed", "failed", "not tried"
std::string name_of(ProofReport::Result result);
// The rows (a Redis server's keys) that were counted, "" where none were.
std::string rows_text(const ProofReport::Line& line);

// A table, and the summary.
std::string proof_text(const ProofReport& report);
// One line for each source that is not proven: what is wrong.
std::vector<std::string> proof_warnings(const ProofReport& report);
std::string proof_json(const ProofReport& report);

}  // namespace varve::cli
