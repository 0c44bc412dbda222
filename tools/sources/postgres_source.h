// One database of a PostgreSQL server as a source.
//
// open() begins a transaction and exports its snapshot: that is the moment. pg_dump then reads
// this snapshot, and rows are counted in it beside the dump. What is stored:
//
//   directory  NAME.pgdump/toc.dat, NAME.pgdump/3310.dat…: byte for byte what `pg_dump -Fd -Z0`
//              writes, read from a pipe (postgres_archive.h). Only where pg_dump is too new for
//              that it writes a temporary copy under $TMPDIR first, which is said in a warning.
//   plain      NAME.sql
//   custom     NAME.dump
//   globals    roles and tablespaces of the server, once for each server. They are no part of the
//              exported snapshot: pg_dumpall reads them at the copy's beginning.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "store/ingest/source.h"
#include "tools/sources/postgres_connection.h"
#include "tools/sources/postgres_options.h"

namespace varve {

class PostgresSource : public Source {
 public:
  // `globals`: the path in the snapshot of the server's globals; empty: another source has them.
  PostgresSource(std::unique_ptr<PostgresConnection> connection, std::string name,
                 std::string globals, PostgresOptions options, std::stop_token stop);
  ~PostgresSource() override;

  std::string name() const override { return name_; }
  std::string kind() const override { return "postgresql"; }
  std::string location() const override { return location_; }

  void continue_from(const Snapshot& last) override;
  // Empty: a server has no cheap mark of a database's state.
  Bytes fingerprint() override { return {}; }
  // Throws a failed Error where the role may not read all, or no pg_dump fits the server.
  bool keeps_somebody_waiting() const override { return true; }
  void open() override;
  // Closes the connection at its end.
  SourceInfo copy(SnapshotBuilder& builder) override;

 private:
  std::map<std::string, std::string> look() const;
  Error explained(const Error& error) const;

  std::unique_ptr<PostgresConnection> connection_;
  const std::string name_;
  const std::string globals_;
  const PostgresOptions options_;
  const std::stop_token stop_;
  const std::string location_;
  std::map<std::string, std::string> last_files_;  // by table, where its rows lay last time
  PostgresPrograms programs_;
  std::string snapshot_;  // as pg_dump --snapshot takes it
  Timestamp moment_;
  std::map<std::string, std::string> facts_;
};

}  // namespace varve
