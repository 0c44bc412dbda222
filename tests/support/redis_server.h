// A Redis server of a test's own: unprivileged, in a scratch folder, on a unix socket.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/temp_folder.h"

namespace varve {

class RedisServer {
 public:
  // Starts one and waits until it answers. `settings` are redis-server's: {"--requirepass", "x"}.
  // It listens on no port unless they say so, and never saves by itself. `rdb` is what it loads.
  explicit RedisServer(std::vector<std::string> settings = {},
                       const std::filesystem::path& rdb = {});
  ~RedisServer();  // kills
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  std::filesystem::path folder() const { return folder_.path(); }
  std::filesystem::path socket() const { return folder_ / "redis.sock"; }
  std::filesystem::path rdb() const { return folder_ / "dump.rdb"; }
  std::string uri() const { return "redis+unix://" + socket().native(); }
  pid_t pid() const { return pid_; }

  // redis-cli's answer to `command`, which /bin/sh reads; throws where redis-cli fails.
  std::string cli(const std::string& command) const;
  // One hash of all keys and values.
  std::string digest() const { return cli("DEBUG DIGEST"); }
  // A field of INFO.
  std::string info(const std::string& field) const;

  void send(int signal) const;
  void kill();  // SIGKILL, and waits

  // A TCP port that nobody listens on just now.
  static std::uint16_t free_port();

 private:
  void await_answer() const;

  TempFolder folder_;
  std::string password_;
  pid_t pid_ = 0;
};

}  // namespace varve
