// Where the mount says what happens: standard error in the foreground, else syslog.
//
// Thread-safe. Never throws: a log that fails must not fail a read.
#pragma once

#include <mutex>
#include <set>
#include <string>

namespace varve {

class Log {
 public:
  enum class Sink { standard_error, syslog };
  explicit Log(Sink sink);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void info(const std::string& line) noexcept;
  void error(const std::string& line) noexcept;
  // The same, said once in the log's life: damage that is read again and again is one line.
  void error_once(const std::string& line) noexcept;

 private:
  void write(int priority, const std::string& line) noexcept;

  const Sink sink_;
  std::mutex mutex_;
  std::set<std::string> said_;  // guarded by mutex_; bounded
};

}  // namespace varve
