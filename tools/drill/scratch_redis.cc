#include "tools/drill/scratch_redis.h"

#include <csignal>

#include "store/core/error.h"
#include "tools/sources/redis_session.h"

namespace varve {
namespace {

Path redis_server() {
  if (const auto found = find_program("redis-server")) return *found;
  throw Error(ErrorCode::failed,
              "there is no redis-server here to load it: install the package redis-server");
}

}  // namespace

ScratchRedis::ScratchRedis(const Path& folder, const Path& rdb) : socket_(folder / "s/redis") {
  const Path program = redis_server();
  const ServerUser user = server_user({"redis", "nobody"});
  require_short(socket_);
  require_way(user, folder);
  make_folder_of(user, socket_.parent_path());
  make_folder_of(user, folder / "data");
  const Path data = folder / "data" / rdb.filename();
  std::filesystem::rename(rdb, data);
  give_to(user, data);
  server_.emplace(as_user(user, folder,
                          {program,
                           "--dir",
                           data.parent_path(),
                           "--dbfilename",
                           data.filename(),
                           "--port",
                           "0",
                           "--unixsocket",
                           socket_,
                           "--unixsocketperm",
                           "700",
                           "--save",
                           "",
                           "--appendonly",
                           "no",
                           "--daemonize",
                           "no",
                           "--logfile",
                           "",
                           "--maxmemory",
                           "0"}),
                  folder / "log", SIGKILL);
}

std::optional<RedisInfo> ScratchRedis::await(const std::stop_token& stop) const {
  RedisAddress address;
  address.socket = socket_;
  WaitLimits limits;
  limits.stop = stop;
  std::optional<RedisInfo> info;
  const auto is_ready = [&] {
    try {
      if (const auto text = RedisSession(address, {}, limits).info()) info.emplace(*text);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::interrupted) throw;
      return false;  // not there yet, or still loading
    }
    return true;
  };
  return server_->await(stop, is_ready) ? info : std::nullopt;
}

}  // namespace varve
