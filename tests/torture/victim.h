// A repository with a history, and a copy of it to break: the real program is run on the copy with
// a fault, then everything that must hold whatever happened is looked at.
#pragma once

#include <cstdint>
#include <functional>
#include <ostream>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "store/core/file.h"
#include "tests/support/program.h"
#include "tests/support/temp_folder.h"
#include "tests/torture/chance.h"
#include "tests/torture/power_loss.h"

namespace varve::torture {

using Words = std::vector<std::string>;
using Names = std::set<std::string>;

struct Fault {
  std::uint64_t at = 0;  // number of the call, from 1; 0: none
  std::string kind = "EIO";
  bool sticky = false;

  bool kills() const { return kind == "kill" || kind == "torn"; }
};

std::string text_of(const Fault& fault);

// What is run on the victim. Its paths are those of every victim, below its folder.
struct Operation {
  std::string name;
  Words words;               // "{}" stands for the victim's folder
  bool with_parity = false;  // of the victim's repository

  bool makes_repository() const { return name.starts_with("init"); }
};

// How a test's report calls it.
inline void PrintTo(const Operation& operation, std::ostream* out) { *out << operation.name; }

const std::vector<Operation>& operations();

class Victim {
 public:
  // A copy of the history, one with parity and one without, that this process makes at first.
  explicit Victim(bool with_parity = false);
  // What a loss of power left of one.
  Victim(const Disk& disk, std::mt19937_64& random);

  Path folder() const { return folder_.path(); }
  Path repository() const { return folder_ / "repo"; }

  // The program, its calls below folder() counted.
  ProgramResult run(const Words& words, const Fault& fault = {}, const Path& trace = {}) const;
  // How many calls the operation makes.
  std::uint64_t calls_of(const Operation& operation) const;

  // Adds a test failure for each thing that does not hold after `operation`. `succeeded`: it said
  // that it was done.
  void expect_sound_after(const Operation& operation, bool succeeded) const;
  // As if `init` had never been.
  void expect_nothing_left_of(const Operation& init) const;

 private:
  Words filled(const Words& words) const;
  ProgramResult plain(const Words& words) const;
  std::string must(const Words& words) const;
  Names snapshots() const;
  void expect_old_or_new(const Operation& operation, bool succeeded) const;
  void expect_a_repository_by(const Operation& init, bool succeeded) const;
  void expect_goes_on() const;
  void expect_nothing_left() const;

  TempFolder folder_;
};

}  // namespace varve::torture
