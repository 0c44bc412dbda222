// The copying of one PostgreSQL database: pg_dump's output into the files of a snapshot.
#pragma once

#include <map>
#include <optional>
#include <stop_token>
#include <string>

#include "store/ingest/source.h"
#include "tools/sources/postgres_archive.h"
#include "tools/sources/postgres_dump.h"
#include "tools/sources/postgres_row_counts.h"

namespace varve {

// FileEntry::facts of a file that holds one table's rows: "schema.table" in UTF-8. Dump ids, and so
// the files' names, change with the schema; by this fact the next dump finds what a table had.
inline constexpr const char* kTableFact = "table";

class PostgresCopy {
 public:
  struct Parts {
    PostgresConnection& connection;  // in the transaction that exported `snapshot`
    const PostgresPrograms& programs;
    const PostgresOptions& options;
    const std::string& name;
    const std::string& snapshot;
    Timestamp moment;
    const std::map<std::string, std::string>& last_files;  // by table
    std::stop_token stop;
  };
  // All that is named must outlive it.
  PostgresCopy(const Parts& parts, SnapshotBuilder& builder) : parts_(parts), builder_(builder) {}

  // Roles and tablespaces, as `path`. Warns where passwords are out of reach.
  void globals(const std::string& path);
  // The database; returns the rows of its tables where they are to be counted. Throws an Error
  // with pg_dump's words where that failed.
  RowCounts database();

 private:
  void directory();
  bool directory_by_stream();  // false: pg_dump's archive is of a newer form than is known
  void add_directory(ArchiveInput& input, const ArchiveContents& contents);
  void directory_by_spool();
  void add_spooled(const Path& path);
  void custom();
  void plain();

  void finish(PostgresDump& dump);
  PostgresDump start(const char* format, const Path& folder = {});
  void count_rows(std::vector<PostgresTable> tables);
  void count_rows_of(const std::vector<ArchiveEntry>& entries);
  void add_stream(const std::string& path, const std::function<ByteView()>& pieces,
                  std::uint64_t size_hint = 0, const std::string& table = {});

  const Parts parts_;
  SnapshotBuilder& builder_;
  std::optional<PostgresRowCounts> row_counts_;
};

}  // namespace varve
