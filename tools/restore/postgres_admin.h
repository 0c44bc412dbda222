// Databases of a PostgreSQL server as things to be made, renamed and dropped.
//
// Works over a connection to another database of the server than the one that it is about.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "tools/restore/database_mark.h"
#include "tools/restore/postgres_properties.h"
#include "tools/sources/postgres_commit.h"
#include "tools/sources/postgres_connection.h"

namespace varve {

// Not thread-safe.
class PostgresAdmin {
 public:
  // `target`: what names the database and its server; the database need not exist. Throws a usage
  // Error where it names none, a failed one where the server cannot be reached.
  PostgresAdmin(std::string target, std::stop_token stop);

  const std::string& target() const noexcept { return target_; }
  const std::string& database() const noexcept { return database_; }  // that `target` names
  // postgresql://user@host:port/DATABASE, without a password
  std::string location() const;
  // The same without the user: equal for everybody who means this database.
  std::string place() const;
  int server_version() const { return connection_->server_version(); }
  // Names are in UTF-8, as those of a dump.
  std::unique_ptr<PostgresConnection> connect(const std::string& database) const;
  PostgresConnection& connection() noexcept { return *connection_; }

  bool exists(const std::string& database);
  std::uint64_t size_of(const std::string& database);  // bytes
  int sessions_of(const std::string& database);        // connected to it just now

  void create(const std::string& database, const DatabaseShape& shape);
  // Gone with all that are connected to it; one that is not there is fine.
  void drop(const std::string& database);

  struct Comment {
    std::string database;
    std::string text;
  };
  std::string comment_of(const std::string& database);  // empty: none
  void set_comment(const Comment& comment);

  struct Renaming {
    std::string from;
    std::string to;
  };
  // One after the other, with comments for databases by their new names, in one transaction. Ends
  // the sessions of all of them. Throws an UnclearCommit where nobody can say whether it was done.
  void rename(const std::vector<Renaming>& renamings, const std::vector<Comment>& comments);

  // A database that the target's name has a share in, by its name and its mark.
  struct Marked {
    std::string name;
    DatabaseMark mark;
  };
  struct NamedSo {
    std::vector<Marked> marked;         // oldest first
    std::vector<std::string> unmarked;  // called so, and nothing says that varve did that
  };
  NamedSo named_after_target(DatabaseMark::State state);
  // A name that no database has.
  std::string free_name(DatabaseMark::State state, Timestamp since);

 private:
  bool is_at_work(const std::string& process);
  void require_renamed(const Renaming& last, const std::string& process,
                       const PostgresError& broken) const;
  std::string end_sessions_of(const std::string& database) const;
  std::string comment_statement(const Comment& comment) const;

  std::string target_;
  std::string database_;
  std::stop_token stop_;
  std::unique_ptr<PostgresConnection> connection_;
};

}  // namespace varve
