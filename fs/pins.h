// What is open stays readable: snapshots with open files, told to gc
// (store/repository/reader_session.h).
//
// Thread-safe. A Pin keeps its snapshot until it is destroyed; the word to gc is taken back
// later, by settle(), so that closing and opening again costs nothing.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "fs/log.h"
#include "fs/snapshot_list.h"
#include "fs/snapshot_view.h"
#include "store/repository/reader_session.h"

namespace varve {

class Pins {
 public:
  // Where the repository takes no lock files (a read-only medium), nothing is pinned; gc cannot
  // run there either.
  Pins(Repository& repository, SnapshotList& list, const std::string& description, Log& log);

  using Pin = std::shared_ptr<const void>;
  // nullptr where the snapshot was forgotten before, and nobody has it open.
  Pin hold(const SnapshotView& view);

  // Lets go of what nobody holds. Called now and then.
  void settle();

 private:
  void record(const Snapshot& snapshot);

  SnapshotList& list_;
  Log& log_;
  std::mutex mutex_;  // guards what follows
  std::optional<ReaderSession> session_;
  std::map<SnapshotId, std::weak_ptr<const void>> pinned_;
};

}  // namespace varve
