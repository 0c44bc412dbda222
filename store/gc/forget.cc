#include "store/gc/forget.h"

#include <set>

#include "store/repository/record_files.h"
#include "store/repository/reserve.h"
#include "store/repository/session.h"
#include "store/repository/trail.h"

namespace varve {

std::size_t forget(Repository& repository, const std::vector<SnapshotId>& ids) {
  Trail trail(repository.path());
  std::size_t gone = 0;
  try {
    // On a full disk the way to more room begins here, and takes some.
    gone = with_reserve(repository.path(), [&] {
      trail.forget(ids);
      return repository.catalog().forget(ids);
    });
  } catch (...) {
    trail.finish();
    throw;
  }
  if (!running_ingests(repository).empty()) return gone;  // gc takes the records, by the trail
  remove_record_files(repository.blobs(), {ids.begin(), ids.end()});
  trail.finish();
  return gone;
}

}  // namespace varve
