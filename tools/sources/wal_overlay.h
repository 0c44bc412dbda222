// The pages of a database that lie in its write-ahead log, laid over the database file's bytes.
//
// Whoever makes one must hold a read lock that keeps the log from being started over, for as
// long as it is used. Each frame that is read must say that it holds the page that the
// wal-index promised, and carry the log's present salts: a log that was started over all the
// same is noticed, never stored.
#pragma once

#include <cstdint>
#include <vector>

#include "tools/sources/sqlite_file.h"
#include "tools/sources/wal_index.h"

namespace varve {

class WalOverlay {
 public:
  // `state` is what the reader sees; `frame_pages` as WalIndex has them, up to its last frame.
  WalOverlay(SqliteFile log, const WalState& state, const std::vector<std::uint32_t>& frame_pages);

  // Replaces in `piece`, the database's bytes from `offset`, what the log has a newer version
  // of. Throws a failed Error where a frame is not what it should be.
  void lay_over(std::uint64_t offset, MutableBytes piece);

  std::size_t page_count() const noexcept { return pages_.size(); }

 private:
  struct Page {
    std::uint32_t number = 0;  // counted from 1
    std::uint32_t frame = 0;   // the last one that holds it; counted from 1
  };

  ByteView read_frame(const Page& page);  // valid until the next call

  SqliteFile log_;
  WalState state_;
  std::uint64_t page_size_;
  std::vector<Page> pages_;  // by number; 8 bytes each
  Bytes frame_;
};

}  // namespace varve
