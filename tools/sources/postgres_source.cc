#include "tools/sources/postgres_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "store/core/error.h"
#include "tools/sources/postgres_copy.h"
#include "tools/sources/postgres_encoding.h"
#include "tools/sources/postgres_privileges.h"

namespace varve {
namespace {

constexpr const char* kExtensions =
    "SELECT string_agg(extname || ' ' || extversion, ', ' ORDER BY extname) FROM pg_extension";
constexpr const char* kDatabase =
    "SELECT pg_encoding_to_char(encoding), datcollate, pg_database_size(oid) "
    "FROM pg_database WHERE datname = current_database()";

const char* name_of(PostgresOptions::Format format) {
  switch (format) {
    case PostgresOptions::Format::directory:
      return "directory";
    case PostgresOptions::Format::plain:
      return "plain";
    case PostgresOptions::Format::custom:
      return "custom";
  }
  return "";
}

}  // namespace

PostgresSource::PostgresSource(std::unique_ptr<PostgresConnection> connection, std::string name,
                               std::string globals, PostgresOptions options, std::stop_token stop)
    : connection_(std::move(connection)),
      name_(std::move(name)),
      globals_(std::move(globals)),
      options_(std::move(options)),
      stop_(std::move(stop)),
      location_(connection_->location()) {}

PostgresSource::~PostgresSource() = default;

void PostgresSource::continue_from(const Snapshot& last) {
  for (const FileEntry& file : last.files) {
    const auto table = file.facts.find(kTableFact);
    if (table == file.facts.end() || last.sources.at(file.source).name != name_) continue;
    last_files_[table->second] = file.path;
  }
}

void PostgresSource::open() {
  programs_ = find_postgres_programs(connection_->server_version(), options_.programs);
  // Names as the dump has them, whatever the role or $PGCLIENTENCODING says.
  connection_->query("SET client_encoding = " + connection_->database_encoding());
  connection_->query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  snapshot_ = connection_->value("SELECT pg_export_snapshot()");
  moment_ = Timestamp::now();
  facts_ = look();
  if (options_.selects_tables()) return;  // some of what is missing may not be wanted
  if (const auto missing = missing_privileges(*connection_, options_.schema_only)) {
    throw Error(ErrorCode::failed,
                fmt::format("{}: {}", location_, to_utf8(*missing, connection_->encoding())));
  }
}

std::map<std::string, std::string> PostgresSource::look() const {
  const PostgresRows database = connection_->query(kDatabase);
  std::map<std::string, std::string> facts;
  facts["engine_version"] = connection_->value("SHOW server_version");
  facts["encoding"] = database.at(0, 0);
  facts["collation"] = database.at(0, 1);
  facts["database_size"] = database.at(0, 2);  // bytes
  facts["extensions"] = connection_->value(kExtensions);
  facts["format"] = name_of(options_.format);
  facts["pg_dump_version"] = programs_.version;
  if (options_.selects_tables()) facts["selection"] = "some tables";
  if (options_.data_only) facts["selection"] = "rows without tables";
  return facts;
}

// What pg_dump said, and what the role lacks where that may be why.
Error PostgresSource::explained(const Error& error) const {
  if (error.code() == ErrorCode::interrupted) {
    return Error(error.code(), "interrupted: nothing was stored");
  }
  const std::string words = error.what();
  if (words.find("permission denied") == std::string::npos) return error;
  try {
    connection_->query("ROLLBACK");
    if (const auto missing = missing_privileges(*connection_, options_.schema_only)) {
      return Error(error.code(),
                   fmt::format("{}; {}", words, to_utf8(*missing, connection_->encoding())));
    }
  } catch (const Error&) {
    // the first error is the one to know
  }
  return error;
}

SourceInfo PostgresSource::copy(SnapshotBuilder& builder) {
  SourceInfo info{.name = name_,
                  .kind = kind(),
                  .location = location_,
                  .moment = moment_,
                  .facts = facts_,
                  .row_counts = {},
                  .fingerprint = {}};
  try {
    PostgresCopy copy({.connection = *connection_,
                       .programs = programs_,
                       .options = options_,
                       .name = name_,
                       .snapshot = snapshot_,
                       .moment = moment_,
                       .last_files = last_files_,
                       .stop = stop_},
                      builder);
    if (!globals_.empty()) copy.globals(globals_);
    info.row_counts = copy.database();
  } catch (const Error& error) {
    throw explained(error);
  }
  connection_.reset();  // lets the server remove old rows again
  return info;
}

}  // namespace varve
