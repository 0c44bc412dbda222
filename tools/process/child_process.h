// A process that this one started, in a process group of its own.
//
// It has the three standard descriptors that it is given and nothing else of ours, the signals as
// a program expects them, and nothing of its group outlives the object: what still runs is killed,
// and the process reaped.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <string>
#include <utility>
#include <vector>

#include "store/core/file.h"

namespace varve {

class ChildProcess {
 public:
  struct Setting {
    std::vector<std::string> arguments;  // the first one is the program, looked for in PATH
    std::vector<std::pair<std::string, std::string>> environment = {};  // besides what is kept
    // Variables of this process that it does not get: those whose name begins with one of these.
    std::vector<std::string> hidden = {};
    // What it gets when the thread that started it dies; 0: nothing.
    int death_signal = SIGKILL;
  };
  // Descriptors that stay the caller's; -1: /dev/null.
  struct Streams {
    int input = -1;
    int output = -1;
    int errors = -1;
  };

  // Starts it. Throws an io Error where that fails; not_found where there is no such program.
  ChildProcess(const Setting& setting, const Streams& streams);
  ~ChildProcess();
  ChildProcess(ChildProcess&& other) noexcept
      : pid_(std::exchange(other.pid_, -1)), process_(std::move(other.process_)) {}
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  int fd() const noexcept { return process_.fd(); }  // poll: readable when it has ended
  bool has_ended() const noexcept;

  // To all of its group, while it is not reaped.
  void signal(int number) const noexcept;
  // SIGTERM, and SIGKILL for what has not ended after that time; then reaped.
  void end(std::chrono::milliseconds patience) noexcept;

  // Waits for its end, kills what it left behind, and reaps it. Once.
  // The exit status; negative: the signal that ended it.
  int wait();

 private:
  bool wait_for_end(int milliseconds) const noexcept;
  int reap() noexcept;

  pid_t pid_ = -1;  // -1: reaped. Until then nobody else can have the number of its group.
  File process_;    // pidfd
};

// "exit status 1", "killed by signal 9 (Killed)"
std::string how_it_ended(int status);

}  // namespace varve
