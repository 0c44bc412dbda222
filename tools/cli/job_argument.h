// --job NAME and --config FILE, for commands that prove what a job has stored.
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
  std::string name;  // empty: none
  std::string config = kConfigFile;
};

struct ChosenJob {
  std::vector<std::string> sources;  // their names in snapshots
  bool has_all_databases = false;    // of its servers, under names that only they know
  std::vector<JobAssertion> assertions;
};

// `why` is what the command does with the job.
void add_job_options(CLI::App& command, JobArgument& argument, const std::string& why);

// Nothing where none is named. The job's repository becomes the command's where that named none.
// Throws a usage Error for what is wrong with the configuration.
std::optional<ChosenJob> choose_job(CommandLine& line, const JobArgument& argument);

}  // namespace varve::cli
