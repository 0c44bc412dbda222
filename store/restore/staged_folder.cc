#include "store/restore/staged_folder.h"

#include <sys/stat.h>

#include <cerrno>

#include "store/core/error.h"

namespace varve {

StagedFolder::StagedFolder(const Path& target)
    : parent_(TargetFolder::open(target.has_parent_path() ? target.parent_path() : Path("."),
                                 TargetFolder::Missing::refuse)) {
  parent_->clear_abandoned();
  const std::string name = parent_->stage_name();
  path_ = parent_->path() / name;
  if (::mkdirat(parent_->fd(), name.c_str(), S_IRWXU) != 0) {
    throw system_error(errno, "cannot create a folder in " + parent_->path().native());
  }
}

StagedFolder::~StagedFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace varve
