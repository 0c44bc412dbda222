#include "tools/cli/confirmation.h"

#include <poll.h>
#include <strings.h>
#include <unistd.h>

#include <array>

#include "store/core/error.h"
#include "tools/cli/format.h"
#include "tools/process/stop_event.h"

namespace varve::cli {
namespace {

// Up to a line's end, which is not part of it, or the end of input.
std::string read_line(const std::stop_token& stop) {
  const StopEvent stopped(stop);
  std::string line;
  while (true) {
    std::array<pollfd, 2> waiting = {{{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0},
                                      {.fd = stopped.fd(), .events = POLLIN, .revents = 0}}};
    if (::poll(waiting.data(), waiting.size(), -1) < 0) continue;  // EINTR
    if (waiting[1].revents != 0) throw Error(ErrorCode::interrupted, "interrupted");
    char letter = 0;
    if (::read(STDIN_FILENO, &letter, 1) != 1 || letter == '\n') return line;
    if (letter != '\r') line += letter;
  }
}

}  // namespace

bool can_ask() { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1; }

bool confirm(const std::string& question, const std::stop_token& stop) {
  const std::string text = printable(question) + " [y/N] ";
  static_cast<void>(!::write(STDERR_FILENO, text.data(), text.size()));
  const std::string answer = read_line(stop);
  return ::strcasecmp(answer.c_str(), "y") == 0 || ::strcasecmp(answer.c_str(), "yes") == 0;
}

}  // namespace varve::cli
