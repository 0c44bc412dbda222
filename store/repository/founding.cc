#include "store/repository/founding.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <system_error>

#include "store/catalog/sqlite_catalog.h"
#include "store/core/error.h"
#include "store/core/lock.h"
#include "store/repository/config_files.h"
#include "store/repository/reserve.h"

namespace varve {
namespace {

namespace stdfs = std::filesystem;

constexpr const char* kLockName = "init";
constexpr const char* kConfigFiles[] = {"config.copy", "config"};
constexpr const char* kOtherFiles[] = {"catalog.db", "catalog.db-wal", "catalog.db-shm",
                                       "catalog.db-journal", "reserve"};

bool is_one_of(const auto& names, const Path& path) {
  return std::ranges::find(names, path.filename().native()) != std::ranges::end(names);
}

// The lock's file is the first that an init makes and the last that it takes away: without it a
// catalog.db is somebody else's.
bool was_cut_short(const Path& path) { return stdfs::exists(path / "locks" / kLockName); }

// Of a folder that is there, and holds no repository.
bool is_own_part(const Path& path) {
  const stdfs::file_type type = stdfs::symlink_status(path).type();
  if (type == stdfs::file_type::regular) {
    return was_cut_short(path.parent_path()) &&
           (is_one_of(kOtherFiles, path) || is_temporary(path));
  }
  if (type != stdfs::file_type::directory) return false;
  if (path.filename() == "lost+found") return true;  // of a fresh filesystem
  if (!is_one_of(kRepositoryFolders, path)) return false;
  const stdfs::directory_iterator inside(path);
  return std::all_of(begin(inside), end(inside), [&](const stdfs::directory_entry& item) {
    return path.filename() == "locks" &&
           (item.path().filename() == kLockName || is_temporary(item.path()));
  });
}

void refuse_what_others_made(const Path& path) {
  std::error_code error;
  const stdfs::file_status status = stdfs::status(path, error);
  if (status.type() == stdfs::file_type::not_found) return;
  if (error) throw system_error(error.value(), fmt::format("cannot look at {}", path.native()));
  if (status.type() != stdfs::file_type::directory) {
    throw Error(ErrorCode::failed,
                fmt::format("{} is not a folder: name a new or an empty one", path.native()));
  }
  const stdfs::directory_iterator inside(path, error);
  if (error) throw system_error(error.value(), fmt::format("cannot read {}", path.native()));
  if (std::ranges::all_of(begin(inside), end(inside), is_own_part)) return;
  const bool repository = stdfs::exists(path / "config", error);
  throw Error(ErrorCode::failed,
              fmt::format("{} {}: name a new or an empty folder", path.native(),
                          repository ? "holds a repository already" : "is not empty"));
}

void remove_temporaries(const Path& folder) noexcept {
  try {
    for (const auto& item : stdfs::directory_iterator(folder)) {
      if (is_temporary(item.path())) remove_abandoned(item.path());
    }
  } catch (const std::exception&) {
    // As below.
  }
}

// What cannot be removed and is in the way is told by what comes next.
void remove_files(const Path& path) noexcept {
  std::error_code ignored;
  for (const char* name : kConfigFiles) stdfs::remove(path / name, ignored);
  for (const char* name : kOtherFiles) stdfs::remove(path / name, ignored);
  remove_temporaries(path);
  remove_temporaries(path / "locks");
}
void remove_folders(const Path& path, bool itself) noexcept {
  remove_temporaries(path / "locks");
  std::error_code ignored;  // one that is not empty stays
  for (const char* folder : kRepositoryFolders) stdfs::remove(path / folder, ignored);
  if (itself) stdfs::remove(path, ignored);
}

void make_all(const Path& path, const RepositoryConfig& config) {
  remove_files(path);
  for (const char* folder : kRepositoryFolders) make_directory(path / folder);
  SqliteCatalog::create(path / "catalog.db");
  make_reserve(path);
  write_config(path, config);  // last: now it is a repository
}

void give_up(FileLock& lock) noexcept {
  try {
    lock.remove();
  } catch (const std::exception&) {
    // Held by nobody any more, and in nobody's way.
  }
}

// From the lock on.
void found_alone(const Path& path, const RepositoryConfig& config) {
  std::optional<FileLock> lock = FileLock::try_acquire(path / "locks" / kLockName);
  if (!lock) {
    throw Error(ErrorCode::locked,
                fmt::format("another init is making a repository of {}", path.native()));
  }
  try {
    sync_directory(path / "locks");  // by it the next init knows what this one has left
    refuse_what_others_made(path);   // it may have been done meanwhile
  } catch (...) {
    give_up(*lock);
    throw;
  }
  try {
    make_all(path, config);
  } catch (...) {
    remove_files(path);
    give_up(*lock);
    throw;
  }
  give_up(*lock);
}

}  // namespace

void found_repository(const Path& path, const RepositoryConfig& config) {
  refuse_what_others_made(path);
  const bool is_new = !stdfs::exists(path);
  try {
    make_directory(path);
    make_directory(path / "locks");
    found_alone(path, config);
  } catch (...) {
    // Another init may be at work, or may have come to its end.
    if (!was_cut_short(path) && !stdfs::exists(path / "config")) remove_folders(path, is_new);
    throw;
  }
}

}  // namespace varve
