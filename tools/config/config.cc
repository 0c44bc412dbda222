#include "tools/config/config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "store/core/error.h"
#include "tools/config/toml_table.h"

namespace varve {
namespace {

JobSource read_source(TomlTable& table) {
  JobSource source;
  table.read("from", source.from);
  table.read_verbatim("command", source.command);
  table.read("as", source.as);
  if (source.from.empty() == source.command.empty()) {
    table.refuse("needs either from = \"PATH or URI\" or command = \"…\"");
  }
  if (!source.command.empty() && source.as.empty()) {
    table.refuse("has a command: it needs as = \"NAME\"");
  }
  return source;
}

void read_postgres(TomlTable& table, PostgresOptions& options) {
  using Format = PostgresOptions::Format;
  std::string format = "directory";
  table.read_choice("format", format, {"directory", "plain", "custom"});
  options.format = format == "plain"    ? Format::plain
                   : format == "custom" ? Format::custom
                                        : Format::directory;
  table.read("schema_only", options.schema_only);
  table.read("data_only", options.data_only);
  table.read("tables", options.tables);
  table.read("exclude_tables", options.exclude_tables);
  table.read("all_databases", options.all_databases);
  table.read("row_counts", options.row_counts);
  if (options.schema_only && options.data_only) {
    table.refuse("schema_only and data_only exclude each other");
  }
}

JobAssertion read_assertion(TomlTable& table, const Job& job) {
  JobAssertion assertion;
  table.read("sql", assertion.sql);
  table.read("source", assertion.source);
  assertion.where = table.place_of("source");
  if (assertion.sql.find_first_not_of(" \t\n;") == std::string::npos) {
    table.refuse("needs sql = \"SELECT …\", which gives true");
  }
  const bool has_one_source = job.sources.size() == 1 && !job.postgres.all_databases;
  if (assertion.source.empty() && !has_one_source) {
    table.refuse("needs source = \"NAME\": the job has several");
  }
  return assertion;
}

void read_hooks(TomlTable& table, JobHooks& hooks) {
  table.read_verbatim("before", hooks.before);
  table.read_verbatim("after", hooks.after);
  table.read_verbatim("on_failure", hooks.on_failure);
}

void read_retention(TomlTable& table, RetentionPolicy& policy) {
  table.read("last", policy.last);
  table.read("hourly", policy.hourly);
  table.read("daily", policy.daily);
  table.read("weekly", policy.weekly);
  table.read("monthly", policy.monthly);
  table.read("yearly", policy.yearly);
  table.read_duration("within", policy.within);
}

void read_alerts(TomlTable& table, JobAlerts& alerts) {
  table.read_duration("max_age", alerts.max_age);
  table.read_size("min_size", alerts.min_size);
}

void require_variable_names(const TomlTable& table, const Job& job) {
  for (const auto& [name, value] : job.environment) {
    if (!name.empty() && name.find('=') == name.npos) continue;
    table.refuse("environment", fmt::format("\"{}\" is no name of a variable", name));
  }
}

// `wanted`: the only job whose values are needed; empty: those of all.
Job read_job(TomlTable& table, const std::string& wanted) {
  Job job;
  table.read_verbatim("name", job.name);
  if (job.name.empty()) table.refuse("needs a name");
  job.where = table.place_of("sources");
  if (!wanted.empty() && job.name != wanted) table.stop_expanding();
  table.read_each(
      "sources",
      [&](const std::string& from) {
        job.sources.push_back({from, {}, {}});
      },
      [&](TomlTable& source) { job.sources.push_back(read_source(source)); });
  if (job.sources.empty()) table.refuse("needs sources");
  table.read("tags", job.tags);
  table.read("exclude", job.exclude);
  table.read_choice("verify", job.verify, {"none", "quick", "full"});
  table.read("raw", job.raw);
  std::int64_t patience = 0;
  table.read_duration("busy_timeout", patience);
  table.read("busy_timeout", job.busy_timeout);
  table.read("environment", job.environment);
  require_variable_names(table, job);
  table.read_table("postgresql", [&](TomlTable& inner) { read_postgres(inner, job.postgres); });
  table.read_tables(
      "assert", [&](TomlTable& inner) { job.assertions.push_back(read_assertion(inner, job)); });
  table.read_table("hooks", [&](TomlTable& inner) { read_hooks(inner, job.hooks); });
  table.read_table("retention", [&](TomlTable& inner) { read_retention(inner, job.retention); });
  table.read_table("alerts", [&](TomlTable& inner) { read_alerts(inner, job.alerts); });
  return job;
}

Config read_config(TomlTable& table, const std::string& job) {
  Config config;
  std::string repository;
  table.read("repository", repository);
  config.repository = repository;
  table.read_tables("job", [&](TomlTable& inner) {
    Job read = read_job(inner, job);
    if (std::ranges::find(config.jobs, read.name, &Job::name) != config.jobs.end()) {
      inner.refuse("name", fmt::format("= \"{}\": another job has that name", read.name));
    }
    config.jobs.push_back(std::move(read));
  });
  table.finish();
  return config;
}

}  // namespace

const Job& Config::job(const std::string& name) const {
  const auto found = std::ranges::find(jobs, name, &Job::name);
  if (found != jobs.end()) return *found;
  std::vector<std::string> names;
  for (const Job& job : jobs) names.push_back(job.name);
  throw Error(ErrorCode::usage,
              fmt::format("there is no job {}; the configuration has {}", name,
                          names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))));
}

Config parse_config(const std::string& text, const std::string& name, const std::string& job) {
  try {
    const toml::table document = toml::parse(text, name);
    TomlTable table(document, name, "the configuration");
    return read_config(table, job);
  } catch (const toml::parse_error& error) {
    const auto& begin = error.source().begin;
    throw Error(ErrorCode::usage,
                fmt::format("{}:{}:{}: {}", name, begin.line, begin.column, error.description()));
  }
}

Config load_config(const Path& file, const std::string& job) {
  const Bytes bytes = read_file(file, 1u << 20);
  return parse_config(std::string(as_text(bytes)), file.native(), job);
}

}  // namespace varve
