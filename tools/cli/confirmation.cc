#include "tools/cli/confirmation.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "store/core/error.h"
#include "tools/cli/output.h"

namespace varve::cli {
namespace {

constexpr int kSlice = 100;  // milliseconds between two looks at the stop

// One line as it is typed; empty at the end of input.
std::string read_line(const std::stop_token& stop) {
  std::array<char, 256> line{};
  while (true) {
    if (stop.stop_requested()) throw Error(ErrorCode::interrupted, "interrupted: nothing was done");
    pollfd input{STDIN_FILENO, POLLIN, 0};
    if (::poll(&input, 1, kSlice) <= 0) continue;
    const ssize_t count = ::read(STDIN_FILENO, line.data(), line.size());
    return std::string(line.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  }
}

}  // namespace

bool can_ask() { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1; }

bool ask(const std::string& question, const std::stop_token& stop) {
  const std::string text = question + " [y/N] ";
  Output(STDERR_FILENO).write(as_bytes(text));
  std::string answer = read_line(stop);
  while (!answer.empty() && std::isspace(static_cast<unsigned char>(answer.back())) != 0) {
    answer.pop_back();
  }
  std::ranges::transform(answer, answer.begin(), [](unsigned char letter) {
    return static_cast<char>(std::tolower(letter));
  });
  return answer == "y" || answer == "yes";
}

}  // namespace varve::cli
