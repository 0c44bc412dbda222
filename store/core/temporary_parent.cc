#include "store/core/temporary_parent.h"

#include <fmt/format.h>

#include <cstdlib>
#include <system_error>

#include "store/core/error.h"

namespace varve {

Path temporary_parent() {
  const char* const named = std::getenv("TMPDIR");
  Path parent = named != nullptr && *named != '\0' ? named : "/tmp";
  std::error_code error;
  const bool is_folder = std::filesystem::is_directory(parent, error);
  if (is_folder && !error) return parent;
  throw Error(ErrorCode::io,
              fmt::format("cannot make a temporary folder in {}: {}; set TMPDIR to a folder with "
                          "space in it",
                          parent.native(), error ? error.message() : "it is no folder"));
}

}  // namespace varve
