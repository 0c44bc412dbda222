// The configuration file: a repository and its jobs, in TOML.
//
// packaging/varve.toml shows every key. `${NAME}` in a text is the environment variable NAME, so
// that secrets need not stand in the file; but in commands, where the shell looks variables up, so
// that their values stand in no argument. Every fault is a usage Error that begins with
// "FILE:LINE:COLUMN: ": what is wrong there, and what would be right.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/core/file.h"
#include "store/snapshots/retention.h"
#include "tools/sources/postgres_options.h"

namespace varve {

struct JobSource {
  std::string from;     // a path, or a URI; empty where it is a command
  std::string command;  // of the shell
  std::string as;       // its name in the snapshot; empty: its own
};

// Commands of the shell, run one after the other.
struct JobHooks {
  std::vector<std::string> before;      // one that fails stops the job before anything is read
  std::vector<std::string> after;       // when the snapshot is made
  std::vector<std::string> on_failure;  // when it is not
};

// When somebody should be told, for a monitor to ask.
struct JobAlerts {
  std::int64_t max_age = 0;    // seconds since the newest snapshot; 0: never
  std::uint64_t min_size = 0;  // bytes of a snapshot; 0: any
};

// A statement that has to be true of what was stored of a source.
struct JobAssertion {
  std::string source;  // its name in the snapshot; empty: the job's only one
  std::string sql;
  std::string where;  // "FILE:LINE:COLUMN" of the source's name, for messages
};

struct Job {
  std::string name;
  std::string where;               // of its sources: "FILE:LINE:COLUMN"
  std::vector<JobSource> sources;  // at least one
  std::vector<std::string> tags;
  std::vector<std::string> exclude;
  std::string verify = "full";  // none, quick, full
  bool raw = false;
  std::string busy_timeout = "30s";
  std::map<std::string, std::string> environment;  // set for the job and its children
  PostgresOptions postgres;
  std::vector<JobAssertion> assertions;
  JobHooks hooks;
  RetentionPolicy retention;
  JobAlerts alerts;
};

struct Config {
  Path repository;        // empty: not said
  std::vector<Job> jobs;  // names differ

  // Throws a usage Error that lists the jobs there are.
  const Job& job(const std::string& name) const;
};

// Where it is if nobody says otherwise.
inline constexpr char kConfigFile[] = "/etc/varve/varve.toml";

// `job`: the only one whose values are needed, so that variables of others need not be set; empty:
// all are.
Config load_config(const Path& file, const std::string& job = {});
// `name` stands for the file in messages.
Config parse_config(const std::string& text, const std::string& name, const std::string& job = {});

}  // namespace varve
