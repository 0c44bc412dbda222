#include "tools/import/scratch_folder.h"

#include <cerrno>
#include <cstdlib>

#include "store/core/error.h"

namespace varve {

ScratchFolder::ScratchFolder() {
  std::string name = std::filesystem::temp_directory_path() / "varve-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) {
    throw system_error(errno, "cannot make a folder in " + Path(name).parent_path().string());
  }
  path_ = name;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace varve
