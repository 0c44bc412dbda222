#include "tools/sources/private_folder.h"

#include <sys/stat.h>

#include <cerrno>

#include "store/core/error.h"

namespace varve {

PrivateFolder::PrivateFolder() : PrivateFolder(std::filesystem::temp_directory_path()) {}

PrivateFolder::PrivateFolder(const Path& parent)
    : folder_(parent, {.name = "private"}), path_(folder_.path() / "files") {
  if (::mkdir(path_.c_str(), 0700) != 0) throw system_error(errno, "cannot make " + path_.native());
}

}  // namespace varve
