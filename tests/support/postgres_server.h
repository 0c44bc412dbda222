// A PostgreSQL server of a test's own: in a scratch folder, as an unprivileged user, on a unix
// socket alone, without fsync. Takes root (to become that user) and Debian's postgresql-15.
#pragma once

#include <filesystem>
#include <string>

#include "tests/support/temp_folder.h"

namespace varve {

class PostgresServer {
 public:
  PostgresServer();   // made and started; throws where that fails
  ~PostgresServer();  // stopped, whatever is connected
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  // For `database` as `user`: a URI over the socket.
  std::string uri(const std::string& database, const std::string& user = "postgres") const;
  const std::filesystem::path& socket_folder() const { return folder_.path(); }

  // Runs SQL (several statements) as the superuser; throws with psql's words where one fails.
  // Returns what it printed: rows as lines, '|' between columns.
  std::string sql(const std::string& database, const std::string& text) const;

  // From now on these lines alone say who may connect how, and the server knows it.
  void set_access(const std::string& pg_hba_lines);
  // The server ends at once, every connection with it, as in a crash.
  void crash() const;
  void start() const;  // again

 private:
  std::string as_postgres(const std::string& command) const;

  TempFolder folder_;
};

}  // namespace varve
