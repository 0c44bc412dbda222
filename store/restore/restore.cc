#include "store/restore/restore.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <map>
#include <memory>
#include <set>

#include "store/core/error.h"
#include "store/read/file_reader.h"
#include "store/restore/extended_attributes.h"
#include "store/restore/staged_file.h"
#include "store/transform/digest.h"

namespace varve {
namespace {

using FolderPointer = std::shared_ptr<TargetFolder>;

// One file that is to be written, and where.
struct Job {
  const FileEntry* file = nullptr;
  FolderPointer folder;
  std::string name;
  Path target() const { return folder->path() / name; }
};

Error refused(const Path& target, std::string_view why) {
  return Error(ErrorCode::failed, fmt::format("cannot restore to {}: {}", target.native(), why));
}

void refuse_repository(const Repository& repository, const TargetFolder& folder) {
  const Path root = std::filesystem::canonical(repository.path());
  const Path real = folder.real_path();
  const auto [end, ignored] = std::mismatch(root.begin(), root.end(), real.begin(), real.end());
  if (end == root.end()) {
    throw refused(folder.path(), "it lies in the repository; choose a folder outside");
  }
}

void refuse_existing(const Job& job, const RestoreOptions& options) {
  const auto found = job.folder->look_at(job.name);
  if (!found) return;
  const bool is_link = S_ISLNK(found->st_mode);
  if (is_link && job.file->type != FileType::link && !options.as_recorded) {
    throw refused(job.target(), "it is a symbolic link; name the file that it points to");
  }
  if (!S_ISREG(found->st_mode) && !is_link) {
    throw refused(job.target(), "it exists and is no regular file");
  }
  if (!options.force) throw refused(job.target(), "it exists; --yes or --force replaces it");
}

// SQLite would replay what it finds in them into the restored database.
void refuse_leftover_journals(const Job& job) {
  if (job.file->format != "sqlite") return;
  for (const std::string_view suffix : {"-journal", "-wal"}) {
    const std::string journal = fmt::format("{}{}", job.name, suffix);
    if (!job.folder->look_at(journal)) continue;
    throw refused(job.target(),
                  fmt::format("{} beside it would be replayed into the restored database; stop "
                              "what uses the old one and remove it",
                              journal));
  }
}

// The folder of a file of the snapshot below `root`, its missing parts created.
FolderPointer folder_for(const FolderPointer& root, const Path& relative,
                         std::map<Path, FolderPointer>& known) {
  if (relative.empty()) return root;
  if (const auto found = known.find(relative); found != known.end()) return found->second;
  const std::string name = relative.filename();
  if (name.empty() || name == "." || name == ".." || relative.is_absolute()) {
    throw corrupt_error("the snapshot's list of files", "it names " + relative.native());
  }
  const FolderPointer parent = folder_for(root, relative.parent_path(), known);
  return known[relative] = TargetFolder::open_in(parent, name);
}

// A folder that the snapshot describes, and where it is.
struct FolderJob {
  const FileEntry* entry = nullptr;
  FolderPointer folder;
  bool is_new = false;
};

// As a file that is replaced: its owner stays, and group and others may do no more in it. So do the
// bits that say whose files in it are, and who may remove them.
mode_t narrowed_mode(const FolderJob& job) {
  struct stat present {};
  if (::fstat(job.folder->fd(), &present) != 0) {
    throw system_error(errno, "cannot look at " + job.folder->path().native());
  }
  constexpr mode_t kShared = S_IRWXG | S_IRWXO;
  constexpr mode_t kSpecial = S_ISUID | S_ISGID | S_ISVTX;
  const auto recorded = static_cast<mode_t>(job.entry->mode);
  return (recorded & S_IRWXU) | (recorded & present.st_mode & kShared) |
         (present.st_mode & kSpecial);
}

enum class FolderRights { recorded, narrowed };

void set_folder_attributes(const FolderJob& job, FolderRights rights) {
  const auto cannot = [&](const std::string& what) {
    return system_error(errno,
                        fmt::format("cannot set the {} of {}", what, job.folder->path().native()));
  };
  const FileEntry& entry = *job.entry;
  const int fd = job.folder->fd();
  const bool is_narrowed = rights == FolderRights::narrowed;
  const bool is_given =
      is_narrowed || !entry.owner || ::fchown(fd, entry.owner->uid, entry.owner->gid) == 0;
  if (!is_given && errno != EPERM) throw cannot("owner");
  const auto recorded = static_cast<mode_t>(entry.mode & (is_given ? 07777 : 01777));
  if (::fchmod(fd, is_narrowed ? narrowed_mode(job) : recorded) != 0) throw cannot("permissions");
  const timespec time{static_cast<time_t>(entry.mtime.seconds),
                      static_cast<long>(entry.mtime_nanoseconds)};
  const timespec times[] = {time, time};
  if (::futimens(fd, times) != 0) throw cannot("time");
}

class Restoration {
 public:
  // `folders`: each before those in it.
  Restoration(Repository& repository, const Snapshot& snapshot, std::vector<Job> jobs,
              std::vector<FolderJob> folders, const RestoreOptions& options)
      : repository_(repository),
        snapshot_(snapshot),
        jobs_(std::move(jobs)),
        folders_(std::move(folders)),
        options_(options) {
    for (const Job& job : jobs_) all_bytes_ += job.file->size;
  }

  RestoreResult run() {
    const auto begin = std::chrono::steady_clock::now();
    for (const Job& job : jobs_) {
      refuse_repository(repository_, *job.folder);
      refuse_existing(job, options_);
      if (options_.attendant == nullptr) refuse_leftover_journals(job);
    }
    for (const FolderPointer& folder : job_folders()) folder->clear_abandoned();
    for (const Job& job : jobs_) stage(job);
    for (std::size_t i = 0; i < jobs_.size(); ++i) prove(jobs_[i], *staged_[i]);
    publish();
    describe_folders();
    result_.raw_bytes = done_bytes_;
    result_.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return std::move(result_);
  }

 private:
  void refuse_interruption() const {
    if (options_.stop.stop_requested()) {
      throw Error(ErrorCode::interrupted, "interrupted: nothing was restored");
    }
  }

  std::set<FolderPointer> job_folders() const {
    std::set<FolderPointer> folders;
    for (const Job& job : jobs_) folders.insert(job.folder);
    return folders;
  }

  void stage(const Job& job) {
    StagedFile& staged =
        *staged_.emplace_back(std::make_unique<StagedFile>(job.folder, job.name, *job.file));
    const bool is_file = job.file->type == FileType::file;
    const bool hash_checked = is_file && write(job, staged);
    if (is_file && options_.attendant != nullptr) {
      options_.attendant->complete(*job.file, job.target(), staged.file());
    }
    const auto rights =
        options_.as_recorded ? StagedFile::Rights::recorded : StagedFile::Rights::of_replaced;
    const std::vector<std::string> lost = staged.seal(rights);
    if (!lost.empty()) result_.warnings.push_back(not_carried(lost, job.target()));
    result_.files.push_back(
        {job.file->path, job.target(), job.file->type, job.file->size, hash_checked});
  }

  void prove(const Job& job, const StagedFile& staged) const {
    if (options_.attendant == nullptr || job.file->type != FileType::file) return;
    options_.attendant->prove(*job.file, job.target(), staged.temporary_path());
  }

  void publish(const Job& job, StagedFile& staged, AtomicFile::Over over) const {
    std::shared_ptr<void> way;
    if (options_.attendant != nullptr && job.file->type == FileType::file) {
      way = options_.attendant->make_way(*job.file, job.target());
    }
    staged.publish(over);
  }

  // True where the whole SHA-256 was known, and was right.
  bool write(const Job& job, StagedFile& staged) {
    const std::optional<Sha256> expected = snapshot_.sha256_of(job.file->path);
    Sha256Stream hash;
    std::uint64_t size = 0;
    // The whole hash says all that the chunks' ids would, at half the price of both.
    const auto check = expected ? ChunkReader::Check::stored : ChunkReader::Check::id;
    FileReader reader(repository_.chunks(), *job.file, check);
    reader.stream(
        [&](ByteView bytes) {
          refuse_interruption();
          staged.write(bytes);
          if (expected) hash.update(bytes);
          size += bytes.size();
          done_bytes_ += bytes.size();
          if (options_.progress) options_.progress(done_bytes_, all_bytes_);
        },
        job.file->levels > 0 ? options_.threads : 1);
    if (size != job.file->size || (expected && hash.finish() != *expected)) {
      throw corrupt_error(fmt::format("{} of snapshot {}", job.file->path, snapshot_.name),
                          "its bytes are not those that were verified");
    }
    return expected.has_value();
  }

  void publish() {
    refuse_interruption();
    if (options_.attendant != nullptr) options_.attendant->ready();
    const auto over = options_.force ? AtomicFile::Over::replace : AtomicFile::Over::refuse;
    std::size_t published = 0;
    try {
      for (; published < staged_.size(); ++published) {
        publish(jobs_[published], *staged_[published], over);
      }
      for (const FolderPointer& folder : job_folders()) {
        end_staging(*folder);
        folder->sync();
      }
    } catch (const Error&) {
      if (!options_.force) {
        for (std::size_t i = 0; i < published; ++i) staged_[i]->withdraw();
      }
      throw;
    }
    for (const Job& job : jobs_) job.folder->keep();
  }

  void end_staging(TargetFolder& folder) {
    const std::optional<Path> left = folder.end_staging();
    if (!left) return;
    result_.warnings.push_back(fmt::format(
        "{} could not be removed: remove it, or the next restore to there does", left->native()));
  }

  // Inside out: what happens in a folder changes its time, and a mode may forbid to go in.
  void describe_folders() {
    for (auto job = folders_.rbegin(); job != folders_.rend(); ++job) {
      job->folder->keep();
      const bool is_recorded = job->is_new || options_.as_recorded;
      if (!job->is_new && !options_.force) continue;
      set_folder_attributes(*job, is_recorded ? FolderRights::recorded : FolderRights::narrowed);
    }
  }

  Repository& repository_;
  const Snapshot& snapshot_;
  std::vector<Job> jobs_;  // outlives staged_: its folders are removed after the files in them
  std::vector<FolderJob> folders_;
  const RestoreOptions& options_;
  std::vector<std::unique_ptr<StagedFile>> staged_;
  std::uint64_t all_bytes_ = 0;
  std::uint64_t done_bytes_ = 0;
  RestoreResult result_;
};

}  // namespace

Path restored_path(const FileEntry& file, const Path& target) {
  std::error_code unreadable;  // then opening its folder says why
  const bool is_folder = std::filesystem::is_directory(target, unreadable);
  return is_folder || !target.has_filename() ? target / Path(file.path).filename() : target;
}

RestoreResult restore_file(Repository& repository, const Snapshot& snapshot, const FileEntry& file,
                           const Path& target, const RestoreOptions& options) {
  const Path path = options.is_exact ? target : restored_path(file, target);
  const Path parent = path.has_parent_path() ? path.parent_path() : Path(".");
  const Job job{&file, TargetFolder::open(parent, TargetFolder::Missing::refuse), path.filename()};
  return Restoration(repository, snapshot, {job}, {}, options).run();
}

namespace {

using Wanted = std::function<bool(const FileEntry&)>;

// What is wanted below `prefix` ("" or "folder/") into `root`.
RestoreResult restore_below(Repository& repository, const Snapshot& snapshot,
                            const std::string& prefix, const Wanted& wanted, const Path& target,
                            const RestoreOptions& options) {
  const FolderPointer root = TargetFolder::open(target, TargetFolder::Missing::create);
  refuse_repository(repository, *root);
  std::map<Path, FolderPointer> known;
  std::vector<Job> jobs;
  std::vector<FolderJob> folders;
  for (const FileEntry& file : snapshot.files) {
    const bool is_root = file.path + '/' == prefix;
    if (!is_root && !file.path.starts_with(prefix)) continue;
    if (wanted && !wanted(file)) continue;
    const Path path = is_root ? Path() : Path(file.path.substr(prefix.size()));
    if (file.type == FileType::folder) {
      const FolderPointer folder = folder_for(root, path, known);
      folders.push_back({&file, folder, folder->is_new()});
    } else {
      jobs.push_back({&file, folder_for(root, path.parent_path(), known), path.filename()});
    }
  }
  RestoreResult result =
      Restoration(repository, snapshot, std::move(jobs), std::move(folders), options).run();
  root->keep();
  return result;
}

}  // namespace

RestoreResult restore_folder(Repository& repository, const Snapshot& snapshot,
                             const std::string& path, const Path& target,
                             const RestoreOptions& options) {
  return restore_below(repository, snapshot, path + '/', {}, target, options);
}

RestoreResult restore_selection(Repository& repository, const Snapshot& snapshot,
                                const std::string& path, const Wanted& wanted, const Path& target,
                                const RestoreOptions& options) {
  const std::string prefix = path.empty() ? "" : path + '/';
  return restore_below(repository, snapshot, prefix, wanted, target, options);
}

RestoreResult restore_snapshot(Repository& repository, const Snapshot& snapshot, const Path& folder,
                               const RestoreOptions& options) {
  return restore_below(repository, snapshot, "", {}, folder, options);
}

}  // namespace varve
