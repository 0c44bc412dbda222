// Where a catalog is opened. SQLite writes beside it even for a reader; where that cannot be, on a
// filesystem for reading say, nobody changes it either: then it is read as it lies. If a journal
// lies beside it, which has to be folded in first, a copy in the folder for temporary files is
// opened instead, private, for as long as this lives.
#pragma once

#include "store/core/file.h"

namespace varve {

class CatalogPlace {
 public:
  // Throws what keeps it from being copied. A catalog that is absent is no error here.
  explicit CatalogPlace(const Path& catalog);
  ~CatalogPlace();
  CatalogPlace(const CatalogPlace&) = delete;
  CatalogPlace& operator=(const CatalogPlace&) = delete;

  const Path& file() const noexcept { return file_; }  // to be opened
  bool is_unchanging() const noexcept { return unchanging_; }
  // Throws what keeps it from being changed, the copy as well.
  void expect_writable() const;

 private:
  const Path original_;
  Path file_;
  Path scratch_;  // the folder of the copy; empty: there is none
  int why_not_ = 0;
  bool unchanging_ = false;
};

}  // namespace varve
