// What `varve ingest` was asked for, by its options or by a job of the configuration.
#pragma once

#include <string>
#include <vector>

#include "tools/cli/job_argument.h"
#include "tools/cli/postgres_arguments.h"
#include "tools/cli/source_argument.h"
#include "tools/config/config.h"

namespace varve::cli {

struct IngestArguments {
  std::vector<SourceWord> words;
  std::vector<std::string> exclude;
  std::vector<std::string> tags;
  std::string time;
  std::string verify = "full";
  bool raw = false;
  std::string busy_timeout = "30";
  PostgresArguments postgres;
  std::vector<JobAssertion> assertions;  // each with the name of its source
  JobArgument job;
};

// The job's own, with the tags and the time that the command line adds. Throws a usage Error where
// the command line names sources besides the job.
IngestArguments arguments_of(const Job& job, const IngestArguments& typed);

}  // namespace varve::cli
