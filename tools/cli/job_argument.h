// --job NAME and --config FILE: how a command finds a job, and with it its repository.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/cli/command_line.h"
#include "tools/config/config.h"

namespace CLI {
class App;
}

namespace varve::cli {

struct JobArgument {
  std::string name;    // empty: none
  std::string config;  // empty: kConfigFile

  bool is_given() const { return !name.empty(); }
};

// `why` is what the command does with the job.
void add_job_options(CLI::App& command, JobArgument& argument, const std::string& why);

// A usage Error for --config without --job.
void refuse_config_alone(const JobArgument& argument);

// The job that is named. Its repository becomes the command's where that named none. Only this
// job's variables have to be set. Throws a usage Error for what is wrong with the configuration.
Job find_job(CommandLine& line, const JobArgument& argument);

// What commands that prove what a job has stored want of it.
struct ChosenJob {
  std::vector<std::string> sources;  // their names in snapshots
  bool has_all_databases = false;    // of its servers, under names that only they know
  std::vector<JobAssertion> assertions;
};

// Nothing where none is named. Throws as find_job() and refuse_config_alone() do.
std::optional<ChosenJob> choose_job(CommandLine& line, const JobArgument& argument);

}  // namespace varve::cli
