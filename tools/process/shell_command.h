// A command line of the user's that is run by the shell: its output is read here, its complaints
// are kept.
//
// Nothing of it is left when the object goes: what still runs is asked to end (SIGTERM), and killed
// where it does not within a few seconds.
#pragma once

#include <stop_token>
#include <string>

#include "tools/process/child_process.h"
#include "tools/process/stop_event.h"

namespace varve {

// Not thread-safe.
class ShellCommand {
 public:
  // Starts it. Throws an io Error where no process can be made.
  ShellCommand(const std::string& command, const std::stop_token& stop);
  ~ShellCommand();
  ShellCommand(const ShellCommand&) = delete;
  ShellCommand& operator=(const ShellCommand&) = delete;

  // Waits for output; 0 at its end. What the command says on standard error meanwhile is kept.
  // Throws an interrupted Error where `stop` asks for it.
  std::size_t read(MutableBytes out);

  // After the end of the output: waits until the command has ended. Throws an interrupted Error.
  struct Exit {
    int status = 0;  // exit status
    int signal = 0;  // the signal that ended it; 0: none
    bool is_good() const noexcept { return status == 0 && signal == 0; }
  };
  Exit wait();

  // The last lines of standard error so far, on one line, at most a few hundred bytes.
  std::string last_words() const;

 private:
  void take_complaints();
  // Blocks until one of these can be read (or is closed): the output where `want_output`, standard
  // error, the process's end. Throws an interrupted Error.
  void wait_for_anything(bool want_output);

  StopEvent stop_;
  File out_;                             // the pipe's end to read from
  File err_;                             // likewise; closed at its end
  std::string complaints_;               // the last of them
  std::optional<ChildProcess> process_;  // last: it ends before the pipes are closed
};

}  // namespace varve
