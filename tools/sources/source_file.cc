#include "tools/sources/source_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>

#include "store/core/error.h"

namespace varve {
namespace {

[[noreturn]] void refuse(const Path& path, std::string_view why_and_way_out) {
  throw Error(ErrorCode::failed,
              fmt::format("cannot ingest {}: {}", path.string(), why_and_way_out));
}

std::string_view why_not(int error_number) {
  switch (error_number) {
    case ENOENT:
      return "there is no such file; check the path";
    case ENOTDIR:
      return "a part of the path is a file, not a folder; check the path";
    case ELOOP:
      return "its symbolic links lead in a circle; name the file itself";
    case EACCES:
      return "permission denied; run varve as a user who may read it";
    default:
      return {};
  }
}

[[noreturn]] void refuse(const Path& path, int error_number) {
  const std::string_view reason = why_not(error_number);
  if (!reason.empty()) refuse(path, reason);
  refuse(path, std::generic_category().message(error_number) + "; check the path");
}

std::string_view what_it_is_instead(mode_t mode) {
  if (S_ISDIR(mode)) return "it is a folder, not a file";
  if (S_ISSOCK(mode)) return "it is a socket; name the database's file";
  if (S_ISFIFO(mode)) return "it is a named pipe; write its output to a file and name that";
  return "it is a device; name a file";
}

}  // namespace

struct stat require_source_file(const Path& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0) refuse(path, errno);
  if (!S_ISREG(status.st_mode)) refuse(path, what_it_is_instead(status.st_mode));
  if (::faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) != 0) refuse(path, errno);
  return status;
}

}  // namespace varve
