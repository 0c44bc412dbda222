#include "tools/sources/sqlite_companions.h"

namespace varve {

Path log_path(const Path& database) { return database.native() + "-wal"; }
Path shm_path(const Path& database) { return database.native() + "-shm"; }
Path journal_path(const Path& database) { return database.native() + "-journal"; }

std::vector<Path> companions_of(const Path& database) {
  std::vector<Path> paths;
  for (const std::string_view suffix : kCompanionSuffixes) {
    paths.emplace_back(database.native() + std::string(suffix));
  }
  return paths;
}

std::string database_of(std::string_view path) {
  for (const std::string_view suffix : kCompanionSuffixes) {
    if (path.ends_with(suffix)) return std::string(path.substr(0, path.size() - suffix.size()));
  }
  return {};
}

bool has_live_journal(const Path& database) {
  const std::optional<File> journal = File::open_if_exists(journal_path(database));
  if (!journal) return false;
  // A finished transaction leaves no journal, an empty one, or one whose header is zeroed.
  std::byte first{};
  return journal->read_at(0, {&first, 1}) == 1 && first != std::byte{0};
}

}  // namespace varve
