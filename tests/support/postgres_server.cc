#include "tests/support/postgres_server.h"

#include <fmt/format.h>

#include <fstream>
#include <stdexcept>
#include <utility>

#include "tests/support/shell.h"

namespace varve {
namespace {

constexpr const char* kPrograms = "/usr/lib/postgresql/15/bin/";

std::string must(const std::string& command) {
  ShellResult result = shell(command);
  if (result.status != 0) throw std::runtime_error(command + ":\n" + result.output);
  return std::move(result.output);
}

}  // namespace

PostgresServer::PostgresServer() {
  const std::string folder = quoted(socket_folder());
  must(fmt::format("chown postgres {0} && chmod 711 {0}", folder));
  as_postgres(fmt::format("{}initdb -D {}/data -U postgres --no-sync -E UTF8 --locale=C -A trust",
                          kPrograms, folder));
  std::ofstream(socket_folder() / "data/postgresql.conf", std::ios::app)
      << "listen_addresses = ''\nunix_socket_directories = '" << socket_folder().native()
      << "'\nfsync = off\nmax_connections = 30\nautovacuum = off\n";
  start();
}

PostgresServer::~PostgresServer() { crash(); }

void PostgresServer::crash() const {
  shell(
      fmt::format("cd / && setpriv --reuid=postgres --regid=postgres --init-groups {}pg_ctl "
                  "-D {}/data -m immediate -w stop",
                  kPrograms, quoted(socket_folder())));
}

void PostgresServer::start() const {
  as_postgres(
      fmt::format("{0}pg_ctl -D {1}/data -l {1}/log -w start", kPrograms, quoted(socket_folder())));
}

std::string PostgresServer::as_postgres(const std::string& command) const {
  return must("cd / && setpriv --reuid=postgres --regid=postgres --init-groups " + command);
}

std::string PostgresServer::uri(const std::string& database, const std::string& user) const {
  return fmt::format("postgresql://{}@/{}?host={}", user, database, socket_folder().native());
}

std::string PostgresServer::sql(const std::string& database, const std::string& text) const {
  return must(fmt::format("psql -XqAt -v ON_ERROR_STOP=1 -c {} {} 2>&1", quoted(text),
                          quoted(uri(database))));
}

void PostgresServer::set_access(const std::string& pg_hba_lines) {
  std::ofstream(socket_folder() / "data/pg_hba.conf") << pg_hba_lines;
  as_postgres(fmt::format("{}pg_ctl -D {}/data reload", kPrograms, quoted(socket_folder())));
}

}  // namespace varve
