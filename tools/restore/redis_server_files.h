// Where a Redis server stands in the way of an RDB file: it loads one only when it starts, and
// writes over it while it runs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/core/file.h"
#include "tools/restore/file_users.h"

namespace varve {

struct RedisAround {
  std::optional<FileUser> server;     // a running one that works in the target's folder
  std::vector<std::string> warnings;  // what else a person should know before the server starts
};

// Looks at all processes that may be seen, and at the folder of the RDB file `target`.
RedisAround redis_around(const Path& target);

// That the server would write over `target`, and what to do first: the words of an error.
std::string in_the_way(const FileUser& server, const Path& target);

// Where root has written an RDB file into a folder that is another user's, the server's: that
// user's, who could not read it else.
void hand_to_redis(const Path& target);

// What to do to bring an RDB file into a server that runs. `what` as for varve restore; `target` is
// where it loads its RDB file from, empty where that is not known.
std::string redis_steps(const std::string& server, const std::string& what, const Path& target);

}  // namespace varve
