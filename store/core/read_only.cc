#include "store/core/read_only.h"

#include <unistd.h>

#include <cerrno>

namespace varve {

bool is_read_only(const Path& path) { return ::access(path.c_str(), W_OK) != 0 && errno == EROFS; }

}  // namespace varve
