#include "tools/sources/sqlite_companions.h"

namespace varve {

Path log_path(const Path& database) { return database.native() + "-wal"; }
Path journal_path(const Path& database) { return database.native() + "-journal"; }

bool has_live_journal(const Path& database) {
  const std::optional<File> journal = File::open_if_exists(journal_path(database));
  if (!journal) return false;
  // A finished transaction leaves no journal, an empty one, or one whose header is zeroed.
  std::byte first{};
  return journal->read_at(0, {&first, 1}) == 1 && first != std::byte{0};
}

}  // namespace varve
