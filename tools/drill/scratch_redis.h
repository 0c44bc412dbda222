// A Redis server of a drill's own: on a socket that only its user and root can reach, without a
// port, that never writes. Root runs it as the user redis. It is gone with the object.
#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "tools/drill/server_process.h"
#include "tools/sources/redis_info.h"

namespace varve {

class ScratchRedis {
 public:
  // In `folder`, with `rdb`, which lies there, as its data. Throws a failed Error where
  // redis-server is not installed.
  ScratchRedis(const Path& folder, const Path& rdb);

  // Returns when it has loaded the file and answers: what it says of itself. Nothing where it
  // ended before: words() says why. Throws an interrupted Error when `stop` asks for it.
  std::optional<RedisInfo> await(const std::stop_token& stop) const;
  std::string words() const { return server_->words(); }
  std::string last_words() const { return server_->last_words(); }

 private:
  Path socket_;
  std::optional<ServerProcess> server_;
};

}  // namespace varve
