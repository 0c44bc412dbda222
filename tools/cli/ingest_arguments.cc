#include "tools/cli/ingest_arguments.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/core/error.h"

namespace varve::cli {
namespace {

std::vector<SourceWord> words_of(const std::vector<JobSource>& sources) {
  using Kind = SourceWord::Kind;
  std::vector<SourceWord> words;
  for (const JobSource& source : sources) {
    if (source.command.empty()) {
      words.push_back({Kind::source, source.from});
    } else {
      words.push_back({Kind::command, source.command});
    }
    if (!source.as.empty()) words.push_back({Kind::as, source.as});
  }
  return words;
}

// A source's name that a job cannot have is a mistake; with all databases of a server it may.
std::vector<JobAssertion> assertions_of(const Job& job,
                                        const std::vector<SourceArgument>& sources) {
  std::vector<JobAssertion> assertions = job.assertions;
  for (JobAssertion& assertion : assertions) {
    if (assertion.source.empty()) assertion.source = sources.front().name;
    const bool is_known = std::ranges::any_of(
        sources, [&](const SourceArgument& one) { return one.name == assertion.source; });
    if (is_known || job.postgres.all_databases) continue;
    throw Error(ErrorCode::usage, fmt::format("{}: source = \"{}\": the job {} has no source of "
                                              "that name",
                                              assertion.where, assertion.source, job.name));
  }
  return assertions;
}

PostgresArguments postgres_of(const PostgresOptions& options) {
  using Format = PostgresOptions::Format;
  PostgresArguments arguments;
  arguments.format = options.format == Format::plain    ? "plain"
                     : options.format == Format::custom ? "custom"
                                                        : "directory";
  arguments.schema_only = options.schema_only;
  arguments.data_only = options.data_only;
  arguments.tables = options.tables;
  arguments.exclude_tables = options.exclude_tables;
  arguments.all_databases = options.all_databases;
  arguments.no_row_counts = !options.row_counts;
  return arguments;
}

}  // namespace

IngestArguments arguments_of(const Job& job, const IngestArguments& typed) {
  if (!typed.words.empty()) {
    throw Error(ErrorCode::usage, "--job names the sources; none can stand beside it");
  }
  IngestArguments arguments = typed;
  arguments.words = words_of(job.sources);
  arguments.exclude = job.exclude;
  arguments.tags.insert(arguments.tags.begin(), job.tags.begin(), job.tags.end());
  arguments.verify = job.verify;
  arguments.raw = job.raw;
  arguments.busy_timeout = job.busy_timeout;
  arguments.postgres = postgres_of(job.postgres);
  arguments.assertions = assertions_of(job, source_arguments(arguments.words));
  return arguments;
}

}  // namespace varve::cli
