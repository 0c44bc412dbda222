// A PostgreSQL server of a drill's own: a new cluster in the drill's folder, on a socket that only
// its user and root can reach, without a port, and without care for a crash.
//
// Root runs it as the user postgres. It is gone with the object, and its folder with the drill's.
#pragma once

#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "tools/drill/server_process.h"
#include "tools/sources/postgres_programs.h"

namespace varve {

class ScratchPostgres {
 public:
  // Makes and starts it in `folder`, and returns when it answers. Throws a failed Error where that
  // does not work, an interrupted one when `stop` asks for it.
  ScratchPostgres(const Path& folder, const PostgresPrograms& programs,
                  const std::stop_token& stop);

  // Keywords for libpq: to this server as its superuser, who has a name that no dump has.
  std::string target(const std::string& database) const;
  // The same for PostgreSQL's programs, as environment.
  std::vector<std::pair<std::string, std::string>> environment() const;

 private:
  Path sockets() const { return folder_ / "s"; }
  Path data() const { return folder_ / "data"; }
  void make_cluster(const PostgresPrograms& programs, const std::stop_token& stop) const;
  std::vector<std::string> command(const PostgresPrograms& programs) const;

  Path folder_;
  ServerUser user_;
  std::optional<ServerProcess> server_;
};

}  // namespace varve
