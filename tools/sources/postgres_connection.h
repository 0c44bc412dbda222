// A connection to a PostgreSQL server, by libpq: whatever libpq honours (PGSERVICE, PGPASSFILE,
// several hosts…) counts here too. The server's time-outs are for applications, and do not count.
//
// A query ends with an interrupted Error where the stop token asks for it; connecting does not, it
// ends by its time-out. Not thread-safe, but it may be handed from thread to thread.
#pragma once

#include <libpq-fe.h>

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/core/bytes.h"
#include "store/core/error.h"

namespace varve {

struct ClearPostgresResult {
  void operator()(PGresult* result) const noexcept { PQclear(result); }
};
using OwnedPostgresResult = std::unique_ptr<PGresult, ClearPostgresResult>;

// What a query gave: text, NULL as the empty text.
class PostgresRows {
 public:
  explicit PostgresRows(OwnedPostgresResult result) : result_(std::move(result)) {}
  int size() const { return PQntuples(result_.get()); }
  bool is_null(int row, int column) const { return PQgetisnull(result_.get(), row, column) != 0; }
  std::string at(int row, int column) const { return PQgetvalue(result_.get(), row, column); }

 private:
  OwnedPostgresResult result_;
};

// What the server refused.
class PostgresError : public Error {
 public:
  PostgresError(const std::string& message, std::string state)
      : Error(ErrorCode::failed, message), state_(std::move(state)) {}
  // Its SQLSTATE, "55006", which is the same in every language; empty: the connection broke.
  const std::string& state() const noexcept { return state_; }

 private:
  std::string state_;
};

class PostgresConnection {
 public:
  // `target`: a URI or libpq keywords. `database`: another one than it names, unless empty.
  // Throws a failed Error: who could not be reached, why, and what to do.
  PostgresConnection(const std::string& target, const std::string& database, std::stop_token stop);

  // One statement. Throws a PostgresError with the server's words.
  PostgresRows query(const std::string& sql);
  // COPY … FROM STDIN, with what `next` gives until it gives nothing. What it throws ends the COPY
  // as failed, and is thrown.
  void copy_in(const std::string& sql, const std::function<ByteView()>& next);
  // The first column of the only row.
  std::string value(const std::string& sql);
  std::string identifier(const std::string& name) const;  // quoted for SQL
  std::string literal(const std::string& text) const;     // likewise, as a text

  // While one lives, queries end by this token as well.
  class Interruptible {
   public:
    Interruptible(PostgresConnection& connection, std::stop_token stop) : connection_(connection) {
      connection_.extra_stop_ = std::move(stop);
    }
    ~Interruptible() { connection_.extra_stop_ = {}; }
    Interruptible(const Interruptible&) = delete;
    Interruptible& operator=(const Interruptible&) = delete;

   private:
    PostgresConnection& connection_;
  };

  std::string database() const;
  std::string user() const;
  // postgresql://user@host:port/database, without a password: for messages and records.
  std::string location() const;
  // Without the database: equal for two connections to one server.
  std::string server() const;
  // Of the database, and the one that texts come and go in; as the server calls them ("LATIN1").
  std::string database_encoding() const { return reported("server_encoding"); }
  std::string encoding() const { return reported("client_encoding"); }
  // Like 150020 for 15.20.
  int server_version() const { return PQserverVersion(connection_.get()); }

  // Leads the programs of PostgreSQL to the same server, user and database: environment variables
  // (the password among them), and what has no variable as arguments without secrets.
  struct ForPrograms {
    std::vector<std::pair<std::string, std::string>> environment;
    std::string keywords;  // for --dbname
  };
  ForPrograms for_programs() const;

 private:
  struct Finish {
    void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
  };
  std::string reported(const char* setting) const;
  void wait_for_answer();
  // The last result of what was sent, behind all others.
  OwnedPostgresResult last_result();
  PostgresError failure(const PGresult* result) const;  // null: of the connection
  void cancel() noexcept;                               // the server is to give the statement up

  std::stop_token stop_;
  std::stop_token extra_stop_;
  std::unique_ptr<PGconn, Finish> connection_;
};

// The server in a connection's location(); empty for what is none.
std::string_view server_of(std::string_view location);

// A value in a string of libpq keywords: 'it\'s'.
std::string quoted_keyword_value(std::string_view value);

// Throws a usage Error, which does not repeat it, for a URI in which an '@' stands where libpq
// would take a part of a password for the host or the database.
void refuse_unclear_uri(const std::string& target);

// Where `target` leads, without passwords: for messages about what cannot be connected to.
std::string without_secrets(const std::string& target);

// A target that means the same, for the next command line: as it is, or where it holds a password
// as keywords without that.
std::string target_without_secrets(const std::string& target);

}  // namespace varve
