// A program that this one runs for its output: pg_dump, pg_restore and their like.
//
// Its standard input is what it is given, its standard output a pipe that is read here, the last of
// its standard error is kept for messages. Not thread-safe; see child_process.h for its end.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "tools/process/child_process.h"
#include "tools/process/stop_event.h"

namespace varve {

class ChildProgram {
 public:
  using Setting = ChildProcess::Setting;
  // Gives the next bytes, valid until it is called again; none at the end. It is called by what
  // waits below, and what it throws comes out there: then the program is killed with the object,
  // without having seen an end of its input. SIGPIPE must be ignored.
  using Input = std::function<ByteView()>;
  // Starts it at once. Throws an Error where that fails. `stop` ends every wait below with an
  // interrupted Error. Without `input` there is nothing on its standard input.
  ChildProgram(const Setting& setting, const std::stop_token& stop, Input input = {});

  // The next bytes of its output; 0 where that has ended.
  std::size_t read(MutableBytes out);
  // All of it that is left.
  std::string read_all();

  bool has_ended() const noexcept { return process_->has_ended(); }
  // Asks it to end, and kills it where it does not.
  void end() noexcept;

  struct Result {
    int status = 0;      // exit status; negative: the signal that ended it
    std::string errors;  // the end of standard error, some lines
    // "exit status 1", "killed by signal 9 (Killed)"
    std::string how() const { return how_it_ended(status); }
  };
  // Waits for its end; what it still wrote to standard output is dropped. Once.
  Result wait();

 private:
  void await_output();
  void take_errors();
  void give_input();

  StopEvent stop_;
  Input next_input_;
  ByteView pending_;  // of it, not yet written
  File input_;        // closed at its end
  File output_;       // closed at its end
  File errors_;       // likewise
  std::string error_text_;
  std::optional<ChildProcess> process_;  // last: it ends before the pipes are closed
};

}  // namespace varve
