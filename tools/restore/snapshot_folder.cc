#include "tools/restore/snapshot_folder.h"

#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "fs/mount_table.h"
#include "store/core/error.h"
#include "store/restore/restore.h"

namespace varve {
namespace {

constexpr std::chrono::milliseconds kLook{2};  // between two looks for the mount

void write_out(Repository& repository, const Snapshot& snapshot,
               const std::optional<std::string>& part, const Path& folder,
               const std::stop_token& stop) {
  RestoreOptions options;
  options.stop = stop;
  if (part) {
    restore_folder(repository, snapshot, *part, folder / *part, options);
  } else {
    restore_snapshot(repository, snapshot, folder, options);
  }
}

std::string last_line(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

}  // namespace

SnapshotFolder::SnapshotFolder(Repository& repository, const Snapshot& snapshot,
                               const std::stop_token& stop, const SnapshotFolderSettings& settings)
    : folder_(settings.parent), path_(folder_.path() / "snapshot") {
  std::filesystem::create_directory(path_);
  const auto fault = mount(repository, snapshot, stop, settings.program);
  if (!fault) return;
  try {
    write_out(repository, snapshot, settings.part, path_, stop);
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("the snapshot can be neither mounted ({}) nor written to "
                                          "{}: {}",
                                          *fault, folder_.parent().native(), error.what()));
  }
}

SnapshotFolder::~SnapshotFolder() {
  if (!mount_) return;
  mount_->end();
}

std::optional<std::string> SnapshotFolder::mount(const Repository& repository,
                                                 const Snapshot& snapshot,
                                                 const std::stop_token& stop, const Path& program) {
  const Path point = normal_mount_point(path_);
  try {
    mount_.emplace(
        ChildProgram::Setting{
            .arguments = {program.native(), "-r", repository.path().native(), "mount",
                          "--foreground", "-o", "snapshot=" + snapshot.name, point.native()},
            .death_signal = SIGTERM},
        stop);
  } catch (const Error& error) {
    return error.what();
  }
  while (!mounted_at(point)) {
    if (stop.stop_requested()) throw Error(ErrorCode::interrupted, "interrupted");
    if (mount_->has_ended()) {
      const ChildProgram::Result result = mount_->wait();
      mount_.reset();
      return result.errors.empty() ? result.how() : last_line(result.errors);
    }
    std::this_thread::sleep_for(kLook);
  }
  return {};
}

}  // namespace varve
