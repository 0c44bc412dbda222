// A repository with a past, beside what its snapshots are of and what restores go over.
//
//   repo          six states, two of them forgotten
//   shop.db, www  a database and a folder; the database has a state that is not stored yet
//   target        shop.db, at rest; live.db, with its newest rows in live.db-wal, as a crash of its
//                 application leaves it; www, of which files are others, or missing
//   wanted        what restores of the first snapshot are to bring
//
// Made once for a process, and copied for each victim.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "store/core/file.h"
#include "tests/support/program.h"
#include "tests/support/temp_folder.h"

namespace varve::torture {

using Words = std::vector<std::string>;
using Names = std::set<std::string>;

// The fault layer is loaded, so that nobody waits for a disk (fault_layer.cc).
ProgramSetting setting_in(const Path& folder);
// varve, on the repository in `folder`.
ProgramResult run_in(const Path& folder, Words words);
// By `list --json`. What a restore saves before it replaces anything is left out: it is named after
// the clock.
Names snapshots_by(const std::string& list);
// All rows of its table, in order; read on a copy, which may have to be recovered.
std::string rows_of(const Path& database);

class History {
 public:
  static const History& instance(bool with_parity);

  Path folder() const { return folder_.path(); }
  const Names& snapshots() const { return snapshots_; }

 private:
  explicit History(const Words& init);
  void run(const Words& words) const;
  void make_folder() const;
  void make_targets() const;

  TempFolder folder_;
  Names snapshots_;
};

}  // namespace varve::torture
