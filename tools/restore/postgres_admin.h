// Databases of a PostgreSQL server as things to be made, renamed and dropped.
//
// Works over a connection to another database of the server than the one that it is about.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "tools/sources/postgres_connection.h"

namespace varve {

// How a database is made. Empty: as the server does by default.
struct DatabaseShape {
  std::string encoding;
  std::string collate;
  std::string ctype;
  std::string icu_locale;  // where ICU provides the collation
  std::string owner;
};

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
  std::unique_ptr<PostgresConnection> connect(const std::string& database) const;

  bool exists(const std::string& database);
  std::uint64_t size_of(const std::string& database);  // bytes
  int sessions_of(const std::string& database);        // connected to it just now
  DatabaseShape shape_of(const std::string& database);

  void create(const std::string& database, const DatabaseShape& shape);
  // What CREATE DATABASE does not take over: settings of the database and of roles in it, rights.
  void copy_settings(const std::string& from, const std::string& to);
  // Gone with all that are connected to it; one that is not there is fine.
  void drop(const std::string& database);
  void rename(const std::string& database, const std::string& to);
  // In one transaction: `current` is called `aside`, and `next` is called `current`. Ends the
  // sessions of both.
  void swap(const std::string& current, const std::string& next, const std::string& aside);

  // Databases called "NAME_before_…", oldest first.
  std::vector<std::string> kept_of(const std::string& database);
  // A name of at most 63 bytes, which is all that a server keeps.
  static std::string name_with(const std::string& database, const std::string& suffix);

 private:
  std::string end_sessions_of(const std::string& database) const;
  void in_transaction(const std::string& statements);

  std::string target_;
  std::string database_;
  std::stop_token stop_;
  std::unique_ptr<PostgresConnection> connection_;
};

}  // namespace varve
