// The snapshots of a repository for whoever shows them. Who decides by them must know of every one,
// and takes Repository::snapshots().
#pragma once

#include <string>
#include <vector>

#include "store/repository/repository.h"

namespace varve {

struct ReadableSnapshots {
  std::vector<Snapshot> snapshots;      // oldest first
  std::vector<std::string> unreadable;  // a line for each whose record cannot be read
};

ReadableSnapshots readable_snapshots(Repository& repository);

}  // namespace varve
