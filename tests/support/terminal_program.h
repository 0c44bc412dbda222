// A program on a terminal, with somebody who answers its question.
#pragma once

#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace varve {

struct TerminalResult {
  int status = 0;
  std::string output;  // all that the terminal showed
};

// Runs `arguments`, and types `answer` as soon as `question` has been shown.
inline TerminalResult run_on_terminal(
    std::vector<std::string> arguments,
    const std::vector<std::pair<std::string, std::string>>& environment,
    const std::string& question, const std::string& answer) {
  int terminal = -1;
  const pid_t pid = ::forkpty(&terminal, nullptr, nullptr, nullptr);
  if (pid < 0) throw std::system_error(errno, std::generic_category(), "forkpty");
  if (pid == 0) {
    for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    ::execvp(pointers[0], pointers.data());
    ::_exit(97);
  }
  TerminalResult result;
  bool answered = false;
  std::array<char, 4096> piece{};
  while (true) {
    const ssize_t count = ::read(terminal, piece.data(), piece.size());
    if (count <= 0) break;  // EIO: the program has gone
    result.output.append(piece.data(), static_cast<std::size_t>(count));
    if (!answered && result.output.find(question) != std::string::npos) {
      answered = ::write(terminal, answer.data(), answer.size()) > 0;
    }
  }
  ::close(terminal);
  int status = 0;
  ::waitpid(pid, &status, 0);
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  return result;
}

}  // namespace varve
