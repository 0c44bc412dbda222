// catalog.db, its journals, and what stands beside them while the catalog is made anew:
// catalog.db.new, catalog.db.copy, catalog.db.broken.
//
// exchange() puts the new one in place step by step, each durable before the next. A crash before
// the first step leaves the old catalog, one after it none. Whoever uses this is alone with the
// repository (Repository::lock_alone()).
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "store/core/bytes.h"
#include "store/core/file.h"
#include "store/core/ids.h"

namespace varve {

class CatalogFiles {
 public:
  // `before`, where there is one, is called before each step of exchange(), with what comes next.
  using Before = std::function<void(const std::string& step)>;
  CatalogFiles(Path root, Before before);

  Path fresh() const;  // where the new one is made
  // Throws where somebody else still has the new one open: it would not be whole.
  void require_finished() const;
  // What a repair that was cut short has left.
  void remove_leftovers() const;
  // The sound records that the old catalog holds, as far as it still answers.
  std::map<SnapshotId, Bytes> read_old_records() const;
  // Returns what the old files are called now.
  std::vector<std::string> exchange() const;

 private:
  Path old() const;
  Path copy() const;
  Path free_name() const;
  void step(const std::string& what) const;
  bool move(const Path& from, const Path& to) const;

  const Path root_;
  const Before before_;
};

}  // namespace varve
