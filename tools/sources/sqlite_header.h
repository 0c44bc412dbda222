// The first 100 bytes of an SQLite database: https://sqlite.org/fileformat2.html, "The Database
// Header". Read without SQLite, so that a damaged file tells as much as it still knows.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "store/core/bytes.h"

namespace varve {

struct SqliteHeader {
  static constexpr std::size_t kSize = 100;
  // Bytes 18 and 19: the file format for writing and for reading; 1 is a rollback journal,
  // 2 a write-ahead log. The second one decides how SQLite opens the file.
  static constexpr std::size_t kWriteVersion = 18;
  static constexpr std::size_t kReadVersion = 19;
  static constexpr std::byte kRollback{1};
  static constexpr std::byte kWal{2};
  static constexpr std::size_t kReserved = 20;  // a byte: how many at each page's end
  // Offsets of numbers.
  static constexpr std::size_t kChangeCounter = 24;  // of transactions
  static constexpr std::size_t kPageCount = 28;      // counts where kValidFor is the change counter
  static constexpr std::size_t kFirstFreeTrunk = 32;
  static constexpr std::size_t kLargestRoot = 52;  // 0: no auto-vacuum
  static constexpr std::size_t kEncoding = 56;
  static constexpr std::size_t kUserVersion = 60;
  static constexpr std::size_t kIncrementalVacuum = 64;
  static constexpr std::size_t kApplicationId = 68;
  static constexpr std::size_t kValidFor = 92;  // the change counter when kWriterVersion was noted
  static constexpr std::size_t kWriterVersion = 96;

  std::array<std::byte, kSize> bytes{};

  bool has_magic() const;
  bool is_wal() const { return bytes[kReadVersion] == kWal; }
  std::uint32_t number_at(std::size_t offset) const;  // big endian, 4 bytes
  std::uint32_t page_size() const;                    // bytes; 0 where the field holds no page size
};

// What the header of a database of `size` bytes says, for SourceInfo::facts. Fields that hold
// nonsense are left out.
std::map<std::string, std::string> facts_of(const SqliteHeader& header, std::uint64_t size);

// Changes the bytes 18 and 19 in `piece`, which begins at `offset` of the file, from write-ahead
// log to rollback journal: what `PRAGMA journal_mode=DELETE` would do to a copy. A database in
// WAL mode cannot be opened on a read-only mount.
void leave_wal_mode(std::uint64_t offset, MutableBytes piece);

}  // namespace varve
