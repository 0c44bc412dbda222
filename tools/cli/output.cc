#include "tools/cli/output.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <exception>

#include "store/core/error.h"
#include "tools/cli/format.h"

namespace varve::cli {

void Output::write(ByteView bytes) {
  while (!bytes.empty() && !reader_is_gone_) {
    const ssize_t count = ::write(fd_, bytes.data(), bytes.size());
    if (count >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    } else if (errno == EPIPE) {
      reader_is_gone_ = true;
    } else if (errno != EINTR) {
      throw system_error(errno, "cannot write to standard output");
    }
  }
}

void Output::print(std::string_view text) {
  std::string line(text);
  if (!line.ends_with('\n')) line += '\n';
  write(as_bytes(line));
}

void complain(std::string_view text) noexcept {
  try {
    const std::string line = "varve: " + printable(text) + "\n";
    static_cast<void>(!::write(STDERR_FILENO, line.data(), line.size()));
  } catch (const std::exception&) {
    // No memory for one line: the exit status has to say it.
  }
}

void occupy_standard_descriptors() {
  // Each opens as the lowest free number. Not for writing where standard output is to be: then
  // a report that nobody can get is an error, as it should be.
  int fd = 0;
  while ((fd = ::open("/dev/null", O_RDONLY)) >= 0 && fd <= STDERR_FILENO) {
  }
  if (fd > STDERR_FILENO) ::close(fd);
}

}  // namespace varve::cli
