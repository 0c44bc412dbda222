// A program that looks at a file which it gets on its standard input, and says what it found.
//
// In a process group of its own, with nothing else of ours open. One that is not finished is
// killed; none is left behind. Not thread-safe.
#pragma once

#include <sys/types.h>

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "store/core/file.h"

namespace varve {

class CheckProgram {
 public:
  // `words` is the program, looked for in PATH, with its arguments. Nothing where it is not there.
  // SIGPIPE must be ignored. `stop` makes feed() and finish() throw an interrupted Error.
  static std::unique_ptr<CheckProgram> start(std::vector<std::string> words, std::stop_token stop);
  // Takes over one that runs: what it reads and what it writes to.
  CheckProgram(pid_t pid, File input, File output, std::stop_token stop)
      : pid_(pid), input_(std::move(input)), output_(std::move(output)), stop_(std::move(stop)) {}
  ~CheckProgram();
  CheckProgram(const CheckProgram&) = delete;
  CheckProgram& operator=(const CheckProgram&) = delete;

  // False where it reads no more.
  bool feed(ByteView bytes);

  struct Result {
    int status = 0;      // exit status; negative: the signal that ended it
    std::string output;  // the beginning of its standard output and error
  };
  Result finish();  // ends its input, and waits for it

 private:
  int wait_for_end();

  pid_t pid_;  // 0: it has ended
  File input_;
  File output_;
  std::stop_token stop_;
};

}  // namespace varve
