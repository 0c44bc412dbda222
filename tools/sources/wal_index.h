// The wal-index: the shared memory in which the connections to a WAL database agree on what the
// write-ahead log holds. Layout: https://sqlite.org/walformat.html, "The WAL-Index File Format".
//
// Numbers in it are in the machine's byte order. It is read while others write to it: state()
// is guarded the way SQLite guards it (two copies, a barrier between them); page numbers of
// frames are fixed once the frame is committed and as long as a read lock keeps the log from
// being started over.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "tools/sources/sqlite_file.h"

namespace varve {

// The header: one committed state of the database. Two equal ones mean that nothing was
// committed in between: every commit counts up the change counter and extends the checksums.
struct WalState {
  std::array<std::uint32_t, 12> words{};

  std::uint32_t version() const { return words[0]; }
  std::uint32_t last_frame() const { return words[4]; }  // counted from 1; 0: the log is empty
  std::uint32_t page_count() const { return words[5]; }  // of the database; 0: not known here
  std::uint32_t page_size() const;                       // bytes
  // As they lie in the log's frames, whatever the machine's byte order is.
  std::array<std::uint32_t, 2> salts() const { return {words[8], words[9]}; }
  friend bool operator==(const WalState&, const WalState&) = default;
};

class WalIndex {
 public:
  static constexpr std::uint32_t kVersion = 3'007'000;

  // `database` must belong to a connection that has read in WAL mode. Throws an io Error where
  // the shared memory cannot be had.
  explicit WalIndex(const SqliteFile& database);

  // Nothing while a writer is changing it.
  std::optional<WalState> state() const;
  // How many frames, counted from the first, have been copied into the database file.
  std::uint32_t backfilled_frames() const;
  // The database page (counted from 1) that each of the first `frames` frames holds, in order.
  std::vector<std::uint32_t> frame_pages(std::uint32_t frames) const;

 private:
  const volatile std::uint32_t* map(int block) const;

  SqliteFile database_;
  const volatile std::uint32_t* header_;
};

}  // namespace varve
