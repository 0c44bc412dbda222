#include "tools/restore/path_plan.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "store/core/error.h"
#include "store/restore/restore.h"
#include "tools/restore/safety_snapshot.h"
#include "tools/sources/sqlite_companions.h"

namespace varve {
namespace {

Error refused(const Path& target, std::string_view why) {
  return Error(ErrorCode::failed, fmt::format("cannot restore to {}: {}", target.native(), why));
}

std::optional<struct stat> look_at(const Path& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) == 0) return found;
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  throw system_error(errno, "cannot look at " + path.native());
}

void refuse_repository(const Repository& repository, const Path& target) {
  const Path root = std::filesystem::canonical(repository.path());
  std::error_code unreadable;  // then writing there fails, too
  const Path real = std::filesystem::weakly_canonical(target, unreadable);
  const auto [end, ignored] = std::mismatch(root.begin(), root.end(), real.begin(), real.end());
  if (end == root.end()) {
    throw refused(target, "it lies in the repository; choose a folder outside");
  }
}

void refuse_what_is_no_file(const PlannedFile& file) {
  if (!file.present) return;
  const mode_t mode = file.present->st_mode;
  if (S_ISLNK(mode) && file.entry->type != FileType::link) {
    throw refused(file.target, "it is a symbolic link; name the file that it points to");
  }
  if (!S_ISREG(mode) && !S_ISLNK(mode)) {
    throw refused(file.target, "it exists and is no regular file");
  }
}

PlannedFile plan_file(const FileEntry& entry, Path target) {
  PlannedFile file{.entry = &entry, .target = std::move(target), .present = {}, .companions = {}};
  file.present = look_at(file.target);
  refuse_what_is_no_file(file);
  file.over_database = file.present && is_database_file(file.target);
  if (!file.is_database()) return file;
  for (const Path& companion : companions_of(file.target)) {
    const auto found = look_at(companion);
    if (!found) continue;
    if (!S_ISREG(found->st_mode)) throw refused(companion, "it exists and is no regular file");
    file.companions.push_back(companion);
  }
  return file;
}

Error no_folder(const Path& folder) {
  return Error(ErrorCode::failed,
               fmt::format("the folder {} does not exist: create it first", folder.native()));
}

void require_folder(const Path& folder) {
  const Path path = folder.empty() ? Path(".") : folder;
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) {
    if (errno == ENOENT) throw no_folder(path);
    throw system_error(errno, "cannot look at " + path.native());
  }
  if (S_ISDIR(found.st_mode)) return;
  throw Error(ErrorCode::failed,
              fmt::format("{} is not a folder: choose another target", path.native()));
}

// It is there, or can be made.
void require_folder_or_room(const Path& folder) {
  std::error_code absent;
  if (std::filesystem::symlink_status(folder, absent).type() ==
      std::filesystem::file_type::not_found) {
    const Path path = folder.has_filename() ? folder : folder.parent_path();
    require_folder(path.parent_path());
  } else {
    require_folder(folder);
  }
}

PathPlan plan_one(const FileEntry& entry, const Path& given) {
  PathPlan plan;
  plan.is_one_file = true;
  plan.target = restored_path(entry, given);
  require_folder(plan.target.parent_path());
  plan.files.push_back(plan_file(entry, plan.target));
  return plan;
}

}  // namespace

bool is_database_file(const Path& path) {
  constexpr std::string_view kMagic("SQLite format 3\0", 16);
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) return false;
  const File file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC), path);
  std::array<std::byte, kMagic.size()> front{};
  return file && file.read_at(0, front) == front.size() && as_text(front) == kMagic;
}

bool PlannedFile::is_known_database() const { return entry->format == "sqlite"; }

std::vector<const PlannedFile*> PathPlan::replaced() const {
  std::vector<const PlannedFile*> found;
  for (const PlannedFile& file : files) {
    if (file.replaces()) found.push_back(&file);
  }
  return found;
}

std::uint64_t PathPlan::bytes() const {
  std::uint64_t sum = 0;
  for (const PlannedFile& file : files) sum += file.entry->size;
  return sum;
}

PathPlan plan_paths(const Repository& repository, const Snapshot& snapshot,
                    const PathSelection& selection, const Path& target) {
  const FileEntry* const one =
      selection.path && !selection.wanted ? snapshot.find(*selection.path) : nullptr;
  if (one != nullptr && one->type != FileType::folder) {
    refuse_repository(repository, restored_path(*one, target));
    return plan_one(*one, target);
  }
  refuse_repository(repository, target);
  require_folder_or_room(target);
  PathPlan plan;
  plan.target = target;
  const std::string prefix =
      !selection.path || selection.path->empty() ? "" : *selection.path + '/';
  for (const FileEntry& entry : snapshot.files) {
    const bool is_below = entry.path.starts_with(prefix) && entry.type != FileType::folder;
    if (!is_below || (selection.wanted && !selection.wanted(entry))) continue;
    plan.files.push_back(plan_file(entry, target / entry.path.substr(prefix.size())));
  }
  return plan;
}

}  // namespace varve
