// An RDB file put into a new Redis server, and looked at there.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "store/core/file.h"
#include "tools/drill/findings.h"

namespace varve {

// What redis-check-rdb counts in a file: "[info] 3 keys read".
struct KeysInFile {
  std::uint64_t all = 0;
  std::uint64_t expiring = 0;  // of them: a server drops those whose time has come
};

// The keys of each database ("db0"), as INFO's facts and those of a source have them ("keys_db0").
RowCounts keys_of(const std::map<std::string, std::string>& facts);
std::uint64_t sum_of(const RowCounts& keys);

class RdbTrial {
 public:
  // `folder` is a DrillFolder's, for the server alone; `name` is for messages.
  RdbTrial(Path folder, std::string name, std::stop_token stop)
      : folder_(std::move(folder)), name_(std::move(name)), stop_(std::move(stop)) {}

  // Takes `rdb` into the folder, and compares the server's keys with those in it. What the server
  // refuses is a fault; an Error says nothing about the file: no redis-server here, or an old one.
  void load(const Path& rdb);

  // After load().
  const std::optional<KeysInFile>& keys_in_file() const noexcept { return in_file_; }
  double load_seconds() const noexcept { return load_seconds_; }
  const std::string& program() const noexcept { return program_; }  // empty: it was not loaded
  Findings& findings() noexcept { return findings_; }  // the keys, by database, as row counts

 private:
  void refuse(const std::string& words, const std::string& last);
  void compare();

  const Path folder_;
  const std::string name_;
  const std::stop_token stop_;
  std::optional<KeysInFile> in_file_;  // nothing: they were not counted
  double load_seconds_ = 0;
  std::string program_;
  Findings findings_;
};

}  // namespace varve
