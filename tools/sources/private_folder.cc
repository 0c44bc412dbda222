#include "tools/sources/private_folder.h"

#include <cerrno>
#include <cstdlib>

#include "store/core/error.h"
#include "store/core/temporary_parent.h"

namespace varve {

PrivateFolder::PrivateFolder() : PrivateFolder(temporary_parent()) {}

PrivateFolder::PrivateFolder(const Path& parent) {
  std::string name = (parent / "varve-XXXXXX").native();
  if (::mkdtemp(name.data()) == nullptr) throw system_error(errno, "cannot make " + name);
  path_ = name;
}

PrivateFolder::~PrivateFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace varve
