// Programs as a person runs them, from a test.
#pragma once

#include <string>

namespace varve {

struct ShellResult {
  int status = 0;      // exit status; 128 + n where signal n ended it
  std::string output;  // standard output and error, in the order they came
};

// Runs `command` with /bin/sh, in the C locale, with nothing on standard input.
ShellResult shell(const std::string& command);

// `text` as one word of a shell command.
std::string quoted(const std::string& text);

}  // namespace varve
