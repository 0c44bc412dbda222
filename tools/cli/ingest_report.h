// What an ingest and the verification after it came to.
#pragma once

#include <string>
#include <vector>

#include "store/ingest/ingest.h"

namespace varve::cli {

struct IngestReport {
  IngestResult result;                // its snapshot holds the attestations made since
  std::vector<std::string> warnings;  // of the ingest and of the verification, one line each
  std::vector<std::string> failures;  // of the verification
  double verify_seconds = 0;
  bool verification_failed() const { return result.snapshot.verified() == "failed"; }
};

// How people read it: what was made, read, new, added, proven.
std::string ingest_text(const IngestReport& report);

}  // namespace varve::cli
