// A program that this one runs for its output: pg_dump, pg_restore and their like.
//
// Its standard input is empty, its standard output a pipe that is read here, the last of its
// standard error is kept for messages. It stands in a process group of its own, and nothing of it
// outlives the object: what still runs is killed, with all that it started, and reaped. It gets
// SIGKILL as well when the thread that started it dies.
#pragma once

#include <sys/types.h>

#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "store/core/file.h"

namespace varve {

class ChildProgram {
 public:
  struct Setting {
    std::vector<std::string> arguments;  // the first one is the program's path
    std::vector<std::pair<std::string, std::string>> environment = {};  // besides what is kept
    // Variables of this process that it does not get: those whose name begins with one of these.
    std::vector<std::string> hidden = {};
  };
  // Starts it at once. Throws an Error where that fails. `stop` ends every wait below with an
  // interrupted Error.
  ChildProgram(const Setting& setting, std::stop_token stop);
  ~ChildProgram();
  ChildProgram(const ChildProgram&) = delete;
  ChildProgram& operator=(const ChildProgram&) = delete;

  // The next bytes of its output; 0 where that has ended.
  std::size_t read(MutableBytes out);
  // All of it that is left.
  std::string read_all();

  struct Result {
    int status = 0;      // exit status; negative: the signal that ended it
    std::string errors;  // the end of standard error, some lines
    // "exit status 1", "killed by signal 9 (Killed)"
    std::string how() const;
  };
  // Waits for its end; what it still wrote to standard output is dropped. Once.
  Result wait();

 private:
  void await_output();
  void take_errors();
  void kill_group() noexcept;

  std::stop_token stop_;
  File output_;
  File errors_;  // closed at its end
  File wake_;    // eventfd: stop was asked for
  std::string error_text_;
  pid_t pid_ = -1;
};

}  // namespace varve
