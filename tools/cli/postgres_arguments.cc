#include "tools/cli/postgres_arguments.h"

#include <map>

namespace varve::cli {
namespace {

using Format = PostgresOptions::Format;

const std::map<std::string, Format>& formats() {
  static const std::map<std::string, Format> known = {
      {"directory", Format::directory}, {"plain", Format::plain}, {"custom", Format::custom}};
  return known;
}

constexpr const char* kGroup = "PostgreSQL";

}  // namespace

void add_postgres_options(CLI::App& command, PostgresArguments& arguments) {
  command.add_option("--pg-format", arguments.format, "how a dump is stored; default: directory")
      ->option_text("directory|plain|custom")
      ->check(CLI::IsMember(formats()))
      ->group(kGroup);
  auto* const schema = command.add_flag("--schema-only", arguments.schema_only, "no rows");
  auto* const data = command.add_flag("--data-only", arguments.data_only, "rows alone");
  schema->group(kGroup)->excludes(data);
  data->group(kGroup);
  command
      .add_option("--table", arguments.tables,
                  "only tables that match, as pg_dump --table; may be repeated")
      ->option_text("PATTERN")
      ->allow_extra_args(false)
      ->group(kGroup);
  command
      .add_option("--exclude-table", arguments.exclude_tables,
                  "no tables that match; may be repeated")
      ->option_text("PATTERN")
      ->allow_extra_args(false)
      ->group(kGroup);
  command
      .add_flag("--all-databases", arguments.all_databases,
                "every database of the server that can be connected to")
      ->group(kGroup);
  command
      .add_flag("--no-row-counts", arguments.no_row_counts,
                "do not count the rows of each table beside the dump")
      ->group(kGroup);
}

PostgresOptions postgres_options(const PostgresArguments& arguments,
                                 std::chrono::milliseconds lock_wait_timeout) {
  PostgresOptions options;
  options.format = formats().at(arguments.format);
  options.schema_only = arguments.schema_only;
  options.data_only = arguments.data_only;
  options.tables = arguments.tables;
  options.exclude_tables = arguments.exclude_tables;
  options.all_databases = arguments.all_databases;
  options.row_counts = !arguments.no_row_counts;
  options.lock_wait_timeout = lock_wait_timeout;
  return options;
}

}  // namespace varve::cli
