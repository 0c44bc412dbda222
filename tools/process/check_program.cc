#include "tools/process/check_program.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "store/core/error.h"
#include "tools/process/pipe.h"

namespace varve {
namespace {

constexpr std::size_t kMostOutput = 64u << 10;
constexpr int kSlice = 100;  // milliseconds between two looks at the stop

// Ours is written without blocking.
Pipe make_input() {
  Pipe made = make_pipe("a program's input");
  if (::fcntl(made.write.fd(), F_SETFL, O_NONBLOCK) != 0) {
    throw system_error(errno, "cannot set a pipe");
  }
  return made;
}

File make_memory_file() {
  const int fd = ::memfd_create("output", MFD_CLOEXEC);
  if (fd < 0) throw system_error(errno, "cannot make a file in memory");
  return File(fd, "a file in memory");
}

bool is_ready(int fd, short events, const std::stop_token& stop) {
  if (stop.stop_requested()) throw Error(ErrorCode::interrupted, "interrupted");
  pollfd wanted{fd, events, 0};
  return ::poll(&wanted, 1, kSlice) > 0;
}

}  // namespace

std::unique_ptr<CheckProgram> CheckProgram::start(std::vector<std::string> words,
                                                  std::stop_token stop) {
  Pipe input = make_input();
  File output = make_memory_file();
  try {
    ChildProcess process({.arguments = std::move(words)},
                         {.input = input.read.fd(), .output = output.fd(), .errors = output.fd()});
    return std::make_unique<CheckProgram>(std::move(process), std::move(input.write),
                                          std::move(output), std::move(stop));
  } catch (const Error& error) {
    if (error.code() == ErrorCode::not_found) return nullptr;
    throw;
  }
}

bool CheckProgram::feed(ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(input_.fd(), bytes.data(), bytes.size());
    if (count >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {
      is_ready(input_.fd(), POLLOUT, stop_);
    } else if (errno == EPIPE) {
      return false;
    } else if (errno != EINTR) {
      throw system_error(errno, "cannot write to a program");
    }
  }
  return true;
}

CheckProgram::Result CheckProgram::finish() {
  input_.close();
  while (!is_ready(process_.fd(), POLLIN, stop_)) continue;
  const int status = process_.wait();
  Bytes output(kMostOutput);
  output.resize(output_.read_at(0, output));
  return {status, std::string(as_text(output))};
}

}  // namespace varve
