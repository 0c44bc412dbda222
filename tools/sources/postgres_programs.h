// PostgreSQL's own programs, of a version that fits a server.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/core/file.h"

namespace varve {

// A folder that holds pg_dump, pg_dumpall and pg_restore of one version.
struct PostgresPrograms {
  Path folder;
  std::string version;  // of pg_dump: "15.20"

  Path dump() const { return folder / "pg_dump"; }
  Path dump_all() const { return folder / "pg_dumpall"; }
  Path restore() const { return folder / "pg_restore"; }
  Path client() const { return folder / "psql"; }
  Path init_cluster() const { return folder / "initdb"; }  // these two are the server's:
  Path server() const { return folder / "postgres"; }      // see find_postgres_server
};

// Where to look: `roots` hold a folder for each major version, with the programs in its bin/ (or
// are named with %, which stands for the version); `path` is a list of folders as in PATH.
struct PostgresProgramPlaces {
  std::vector<std::string> roots = {"/usr/lib/postgresql/%/bin", "/usr/pgsql-%/bin"};
  std::string path;  // last resort

  static PostgresProgramPlaces standard();  // with this process's PATH
};

// Of the server's own major version; else of the nearest newer one, which reads older servers.
// `server_version` as of PQserverVersion. Throws a failed Error that names the package to install.
PostgresPrograms find_postgres_programs(int server_version, const PostgresProgramPlaces& places);

// The same among the folders that hold a server as well; for a dump, which none older can take.
PostgresPrograms find_postgres_server(int dump_version, const PostgresProgramPlaces& places);
// The newest of them, for a dump of nobody knows which version.
PostgresPrograms find_newest_postgres_server(const PostgresProgramPlaces& places);

// "15", "15.20", "9.6.24" as PQserverVersion would say it, without the minor part; nothing for what
// is no version.
std::optional<int> parse_postgres_version(std::string_view text);

// "15", and "9.6" for what is that old.
std::string major_version(int server_version);

}  // namespace varve
