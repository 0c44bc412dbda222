#include "tests/support/shell.h"

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <memory>
#include <stdexcept>

namespace varve {

ShellResult shell(const std::string& command) {
  const std::string whole = "export LC_ALL=C; exec 2>&1 </dev/null\n" + command;
  std::FILE* pipe = ::popen(whole.c_str(), "re");
  if (pipe == nullptr) throw std::runtime_error("cannot start a shell");
  ShellResult result;
  std::array<char, 4096> part{};
  while (const std::size_t count = std::fread(part.data(), 1, part.size(), pipe)) {
    result.output.append(part.data(), count);
  }
  const int status = ::pclose(pipe);
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

std::string quoted(const std::string& text) {
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

}  // namespace varve
