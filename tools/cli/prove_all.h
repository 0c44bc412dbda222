// Many sources of many snapshots proven, attested and reported.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "tools/cli/command_line.h"
#include "tools/cli/known_proofs.h"
#include "tools/cli/proof_report.h"

namespace varve::cli {

struct ProofTask {
  const Snapshot* snapshot = nullptr;
  std::uint32_t source = 0;
  std::vector<std::string> assertions;
};

struct ProofSettings {
  std::string level = "full";
  Timestamp since;  // older proofs of files and tables count for nothing
  std::stop_token stop;
};

// In this order, two at a time, drills one after the other. Each result is kept in the repository
// at once; a proof in `known` of the same bytes is taken over. gc leaves these snapshots alone
// meanwhile. Throws an interrupted Error; what was proven before it stays.
ProofReport prove_all(CommandLine& line, Repository& repository,
                      const std::vector<ProofTask>& tasks, KnownProofs& known,
                      const ProofSettings& settings);

// Prints it, warnings to standard error, and returns the exit status.
int print_report(CommandLine& line, const ProofReport& report);

// The assertions that the last verification of a source put; none where there was none.
std::vector<std::string> recorded_assertions(const Snapshot& snapshot, const std::string& source);

}  // namespace varve::cli
