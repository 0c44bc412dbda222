// A copy of the history to break: the real program is run on it with a fault, then everything that
// must hold whatever happened is looked at.
#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "tests/support/program.h"
#include "tests/support/temp_folder.h"
#include "tests/torture/chance.h"
#include "tests/torture/history.h"
#include "tests/torture/operation.h"
#include "tests/torture/power_loss.h"

namespace varve::torture {

struct Fault {
  std::uint64_t at = 0;  // number of the call, from 1; 0: none
  std::string kind = "EIO";
  bool sticky = false;

  bool kills() const { return kind == "kill" || kind == "torn"; }
};

std::string text_of(const Fault& fault);

class Victim {
 public:
  // A copy of the history that the operation is for, harmed as it wants.
  explicit Victim(const Operation& operation);
  // What a loss of power left of one.
  Victim(const Operation& operation, const Disk& disk, std::mt19937_64& random);

  Path folder() const { return folder_.path(); }

  // The operation under the fault layer, its calls below folder() counted.
  Words command() const;
  ProgramSetting setting(const Fault& fault = {}, const Path& trace = {}) const;
  ProgramResult run(const Fault& fault = {}, const Path& trace = {}) const;
  // How many calls the operation makes.
  std::uint64_t calls() const;

  // Adds a test failure for each thing that does not hold after the operation.
  void expect_sound_after(End end) const;

 private:
  Words filled(const Words& words) const;
  ProgramResult plain(const Words& words) const;
  std::string must(const Words& words) const;
  Names snapshots() const;
  void expect_old_or_new(End end) const;
  void expect_restored(End end) const;
  Names strangers() const;
  void expect_restores_again() const;
  void expect_a_repository(End end) const;
  void expect_goes_on() const;
  void expect_nothing_left() const;

  TempFolder folder_;
  const Operation& operation_;
};

}  // namespace varve::torture
