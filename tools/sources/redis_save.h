// A server's data by its own file: BGSAVE, then the file where it writes that.
//
// For a user who may not replicate, on the server's own machine. Needs the commands BGSAVE,
// CONFIG GET and INFO, and the right to read the file.
#pragma once

#include <chrono>
#include <stop_token>

#include "store/core/file.h"
#include "store/core/time.h"
#include "tools/sources/redis_session.h"

namespace varve {

struct SavePatience {
  std::chrono::milliseconds limit = std::chrono::hours(1);  // for the whole save
  std::chrono::milliseconds between_looks = std::chrono::milliseconds(100);
  std::stop_token stop;
};

// The file, open, when the server has finished it: a later save gives the name to another one.
// Throws a failed Error where there is no such way either; it says what both would need.
struct SavedFile {
  File file;
  Timestamp moment;  // when the save began
};
SavedFile save_and_open(RedisSession& session, const SavePatience& patience);

}  // namespace varve
