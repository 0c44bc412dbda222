// The commands around a job.
#pragma once

#include <map>
#include <stop_token>
#include <string>
#include <vector>

namespace varve::cli {

// Runs each by the shell, with `environment` added to ours; what it prints goes to standard error.
// The first that fails ends the row: a failed Error with its exit status and last words. Throws an
// interrupted Error where `stop` asks for it.
void run_hooks(const std::vector<std::string>& commands, const std::string& kind,
               const std::map<std::string, std::string>& environment, const std::stop_token& stop);

// The same for what is to be told whatever happens: all are run. Returns what failed, a line each.
std::vector<std::string> run_all_hooks(const std::vector<std::string>& commands,
                                       const std::string& kind,
                                       const std::map<std::string, std::string>& environment);

// Adds to our own environment, for what this process and its children look up. Before any thread
// is started.
void set_environment(const std::map<std::string, std::string>& environment);

}  // namespace varve::cli
