// What is run under torture, and what it is to bring about.
#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "tests/torture/history.h"

namespace varve::torture {

// How it ended.
enum class End {
  done,    // it said that it was done
  failed,  // it said that it was not, after one call had failed
  cut,     // it was killed, or no call worked any more: it could not tidy up
};

// A file that a restore makes or replaces.
struct Restored {
  std::string file;  // in the victim's folder
  std::string like;  // in "wanted"
};

// The paths are those of every victim, below its folder.
struct Operation {
  std::string name;
  Words words;               // "{}" stands for the victim's folder
  bool with_parity = false;  // of the victim's repository
  std::string adds = {};     // the snapshots that come and go by it
  std::string removes = {};
  std::vector<Restored> restores = {};
  std::function<void(const Path& folder)> harm = {};  // done before: what it is to mend

  bool makes_repository() const { return name.starts_with("init"); }
  // All of what is restored is there or nothing, unless it is cut.
  bool is_one_step() const { return name != "restore_folder_over"; }
};

// How a test's report calls it.
inline void PrintTo(const Operation& operation, std::ostream* out) { *out << operation.name; }

const std::vector<Operation>& operations();

}  // namespace varve::torture
