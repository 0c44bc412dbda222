// A conversation with a Redis server: who we are, then commands.
//
// Not thread-safe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/sources/redis_reply.h"

namespace varve {

struct RedisLogin {
  std::string user;                     // empty: the default one
  std::optional<std::string> password;  // never shown
};

class RedisSession {
 public:
  // Connects, logs in, and sees whether the server is ready. Throws a failed Error that says what
  // to do for a server that is not there, does not let us in, or is still loading.
  RedisSession(const RedisAddress& address, const RedisLogin& login, const WaitLimits& limits);

  RedisReply call(const std::vector<std::string>& words);
  // The same, where an error is not expected: it is thrown.
  RedisReply require(const std::vector<std::string>& words);
  // INFO's text, or nothing where this user may not ask for it.
  std::optional<std::string> info();

  // What an error reply means for a backup, and what to do.
  Error explain(const RedisReply& error) const;
  RedisChannel& channel() noexcept { return channel_; }

 private:
  void log_in(const RedisLogin& login);

  std::string user_;
  RedisChannel channel_;
};

}  // namespace varve
