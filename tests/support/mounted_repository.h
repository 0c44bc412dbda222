// A repository in a folder of its own, filled from memory, mounted by the real program.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "store/ingest/ingest.h"
#include "tests/support/memory_source.h"
#include "tests/support/shell.h"
#include "tests/support/temp_folder.h"

namespace varve {

class MountedRepository {
 public:
  MountedRepository();
  ~MountedRepository();  // unmounts, whatever is open

  Repository& repository() noexcept { return *repository_; }
  Path repository_path() const { return folder_ / "repo"; }
  Path mount_point() const { return folder_ / "mnt"; }
  Path scratch(const Path& name) const { return folder_.path() / name; }

  struct Ingest {
    std::string source = "data";
    std::vector<MemoryFile> files;
    std::vector<std::string> tags = {};
    Timestamp time{1'795'226'400};  // 2026-11-21T02:00:00Z
  };
  Snapshot ingest(Ingest what);

  // `varve mount`; a test fails where it does not exit with 0.
  void mount(const std::string& options = "");
  void unmount();
  // `varve -r REPO WORDS`
  ShellResult varve(const std::string& words) const;
  // A shell in the mount point.
  ShellResult in_mount(const std::string& command) const;

 private:
  TempFolder folder_;
  std::unique_ptr<Repository> repository_;
};

}  // namespace varve
