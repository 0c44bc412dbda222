// The calls that change files and that pass the fault layer by: found by looking at each system
// call of a program from outside (ptrace).
//
// The layer makes its calls by the C library's syscall(). A changing call from anywhere else is one
// that no fault hits and no trace tells of: the C library's own (fopen, mkdtemp), or one that the
// layer has no name for.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "store/core/file.h"
#include "tests/support/program.h"

namespace varve::torture {

struct WatchedRun {
  int status = 0;                // exit status; negative: the signal that ended it
  std::set<std::string> unseen;  // "call 83 on <file>"
};

// Runs it to its end, with all of its threads and children. Calls on files outside of `under` do
// not count where they name one by a descriptor.
WatchedRun run_watched(std::vector<std::string> command, const ProgramSetting& setting,
                       const Path& under);

}  // namespace varve::torture
