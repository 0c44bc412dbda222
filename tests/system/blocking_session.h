// A session of a PostgreSQL server that keeps another one waiting until a third asks about that.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <thread>

#include "tests/support/postgres_server.h"
#include "tools/sources/postgres_connection.h"

namespace varve {

class BlockingSession {
 public:
  BlockingSession(const PostgresServer& server, const std::string& database)
      : holding_(server.uri(database), "", {}), watching_(server.uri(database), "", {}) {}

  // Holds what `statement` locks until some session's query begins with `question`.
  void hold(const std::string& statement, const std::string& question) {
    holding_.query("BEGIN");
    holding_.query(statement);
    waiting_ = std::jthread([this, question](const std::stop_token& stop) {
      while (!stop.stop_requested() && !is_asked(question)) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      }
      holding_.query("ROLLBACK");
    });
  }

 private:
  bool is_asked(const std::string& question) {
    return watching_.value(fmt::format("SELECT count(*) FROM pg_stat_activity WHERE "
                                       "pid <> pg_backend_pid() AND starts_with(query, {})",
                                       watching_.literal(question))) != "0";
  }

  PostgresConnection holding_;
  PostgresConnection watching_;
  std::jthread waiting_;
};

}  // namespace varve
