#include "tools/drill/scratch_postgres.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <csignal>

#include "store/core/error.h"
#include "store/core/one_line.h"
#include "tools/process/child_program.h"
#include "tools/sources/postgres_connection.h"

namespace varve {
namespace {

constexpr const char* kSuperuser = "varve_drill";
constexpr const char* kSocketName = ".s.PGSQL.5432";

}  // namespace

ScratchPostgres::ScratchPostgres(const Path& folder, const PostgresPrograms& programs,
                                 const std::stop_token& stop)
    : folder_(folder), user_(server_user({"postgres", "nobody"})) {
  require_short(sockets() / kSocketName);
  require_way(user_, folder_);
  make_folder_of(user_, data());
  make_folder_of(user_, sockets());
  make_cluster(programs, stop);
  server_.emplace(as_user(user_, folder_, command(programs)), folder_ / "log", SIGQUIT);
  const auto is_ready = [&] { return ::PQping(target("postgres").c_str()) == PQPING_OK; };
  if (server_->await(stop, is_ready)) return;
  throw Error(ErrorCode::failed, "the scratch server ended: " + server_->last_words());
}

void ScratchPostgres::make_cluster(const PostgresPrograms& programs,
                                   const std::stop_token& stop) const {
  ChildProgram program(as_user(user_, folder_,
                               {programs.init_cluster(), "--pgdata=" + data().native(),
                                fmt::format("--username={}", kSuperuser), "--auth=trust",
                                "--encoding=UTF8", "--locale=C", "--no-sync"}),
                       stop);
  program.read_all();
  const ChildProgram::Result result = program.wait();
  if (result.status == 0) return;
  throw Error(ErrorCode::failed,
              fmt::format("initdb cannot make a scratch cluster in {} ({}): {}", folder_.native(),
                          result.how(), one_line(result.errors)));
}

std::vector<std::string> ScratchPostgres::command(const PostgresPrograms& programs) const {
  std::vector<std::string> words = {programs.server(), "-D", data(), "-k", sockets()};
  for (const char* setting :
       {"listen_addresses=", "unix_socket_permissions=0700", "fsync=off", "synchronous_commit=off",
        "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0", "max_wal_size=256MB",
        "autovacuum=off", "restart_after_crash=off", "logging_collector=off",
        "log_min_error_statement=panic"}) {  // a statement may hold a password
    words.insert(words.end(), {"-c", setting});
  }
  return words;
}

std::string ScratchPostgres::target(const std::string& database) const {
  return fmt::format("host={} port=5432 user={} dbname={} options='' connect_timeout=60",
                     quoted_keyword_value(sockets().native()), kSuperuser,
                     quoted_keyword_value(database));
}

std::vector<std::pair<std::string, std::string>> ScratchPostgres::environment() const {
  return {{"PGHOST", sockets()}, {"PGPORT", "5432"}, {"PGUSER", kSuperuser}, {"LC_ALL", "C"}};
}

}  // namespace varve
