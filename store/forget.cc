#include "store/forget.h"

#include <set>

#include "store/record_files.h"
#include "store/reserve.h"
#include "store/session.h"

namespace varve {

std::size_t forget(Repository& repository, const std::vector<SnapshotId>& ids) {
  // On a full disk the way to more room begins here, and takes some.
  const std::size_t gone =
      with_reserve(repository.path(), [&] { return repository.catalog().forget(ids); });
  if (!running_ingests(repository).empty()) return gone;
  remove_record_files(repository.blobs(), {ids.begin(), ids.end()});
  return gone;
}

}  // namespace varve
