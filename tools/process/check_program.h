// A program that looks at a file which it gets on its standard input, and says what it found.
//
// Not thread-safe; see child_process.h for its end.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "tools/process/child_process.h"

namespace varve {

class CheckProgram {
 public:
  // `words` is the program, looked for in PATH, with its arguments. Nothing where it is not there.
  // SIGPIPE must be ignored. `stop` makes feed() and finish() throw an interrupted Error.
  static std::unique_ptr<CheckProgram> start(std::vector<std::string> words, std::stop_token stop);
  // Takes over one that runs: what it reads and what it writes to.
  CheckProgram(ChildProcess process, File input, File output, std::stop_token stop)
      : input_(std::move(input)),
        output_(std::move(output)),
        stop_(std::move(stop)),
        process_(std::move(process)) {}

  // False where it reads no more.
  bool feed(ByteView bytes);

  struct Result {
    int status = 0;      // exit status; negative: the signal that ended it
    std::string output;  // the beginning of its standard output and error
  };
  Result finish();  // ends its input, and waits for it

 private:
  File input_;
  File output_;
  std::stop_token stop_;
  ChildProcess process_;
};

}  // namespace varve
