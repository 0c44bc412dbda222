// What did not pass its verification, and the snapshot that passed: what a restore refuses, and
// what it names instead.
#pragma once

#include <optional>
#include <string>

#include "store/core/error.h"
#include "store/repository/repository.h"

namespace varve {

// "history.db of snapshot 2026-… did not pass its verification (…)", as the attestation that stands
// says (store/snapshots/proof.h); nothing where it passed, or was not verified.
std::optional<std::string> verification_fault(const Snapshot& snapshot, const std::string& source);

// "the newest other snapshot of history.db that passed is 2026-…", or that there is none.
std::string way_out(Repository& repository, const Snapshot& snapshot, const std::string& source);

// A failed Error before anything was replaced: the fault, the way out, and that --force takes this
// snapshot all the same.
Error refusal(Repository& repository, const Snapshot& snapshot, const std::string& source,
              const std::string& fault);

// The warning of a restore that was forced.
std::string taken_all_the_same(const std::string& fault);

// Throws the refusal of a source that did not pass its verification; with `force` it is returned,
// as that warning.
std::optional<std::string> require_passed(Repository& repository, const Snapshot& snapshot,
                                          const std::string& source, bool force);

}  // namespace varve
