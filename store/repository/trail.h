// What a command is about to make, or to take away, said before it is done: so that whatever a
// crash leaves behind can be told from what somebody lost and put back.
//
//   locks/trail-<random>   locked by whoever writes it, a line for each name:
//                            pack <id>        a pack that will be made
//                            snapshot <id>    a record that will be made
//                            forgotten <id>   a snapshot whose row goes, and then its record
//
// A file of the repository that has no row in the catalog is garbage only where the trail of a
// command that has ended names it. All others are somebody's data: an older copy of the catalog
// does not know them, or they were gone while a repair ran. gc leaves those alone and says so.
// A trail goes when its command has done all that it said; one that a crash left goes with gc.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "store/core/ids.h"
#include "store/core/lock.h"

namespace varve {

// The trail of one command. Nothing is written before there is something to say. Thread-safe.
class Trail {
 public:
  explicit Trail(const Path& repository) : repository_(repository) {}
  Trail(const Trail&) = delete;
  Trail& operator=(const Trail&) = delete;

  PackId new_pack();          // is said, durable, when it returns
  SnapshotId new_snapshot();  // is said with the next pack, at the latest by say()
  void forget(const std::vector<SnapshotId>& ids);
  void say();
  // What was said is done, or was undone: the file goes. Without it the file stays for gc.
  void finish() noexcept;

 private:
  void write();  // under mutex_

  const Path repository_;
  std::mutex mutex_;  // guards the rest
  std::optional<FileLock> file_;
  std::string unsaid_;
  std::vector<PackId> packs_;  // said, and not yet given out
  std::size_t batch_ = 1;
};

struct TrailNames {
  std::set<PackId> packs;
  std::set<SnapshotId> snapshots;  // made or forgotten
  std::set<SnapshotId> forgotten;

  void add(const TrailNames& others);
};

// Of all trails, those of running commands among them. Changes nothing.
TrailNames names_on_trails(const Path& repository);

// The trail of a command that has ended without finish(); nobody else has it as long as this lives.
class DeadTrail {
 public:
  static std::vector<DeadTrail> find_all(const Path& repository);

  const TrailNames& names() const noexcept { return names_; }
  void remove() { lock_.remove(); }

 private:
  DeadTrail(FileLock lock, TrailNames names) : lock_(std::move(lock)), names_(std::move(names)) {}
  FileLock lock_;
  TrailNames names_;
};

}  // namespace varve
