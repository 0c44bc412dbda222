#include "tools/process/child_program.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "store/core/error.h"
#include "tools/process/pipe.h"

namespace varve {
namespace {

constexpr std::size_t kKeptErrors = 8u << 10;  // bytes of standard error
constexpr int kPipeSize = 1 << 20;             // fewer switches between us and the program
constexpr std::chrono::seconds kPatience{10};  // between SIGTERM and SIGKILL

}  // namespace

ChildProgram::ChildProgram(const Setting& setting, const std::stop_token& stop, Input input)
    : stop_(stop), next_input_(std::move(input)) {
  Pipe output = make_pipe(setting.arguments.front() + " (output)");
  Pipe errors = make_pipe(setting.arguments.front() + " (errors)");
  ::fcntl(output.read.fd(), F_SETPIPE_SZ, kPipeSize);  // a wish
  Pipe given;
  if (next_input_) {
    given = make_pipe(setting.arguments.front() + " (input)");
    ::fcntl(given.write.fd(), F_SETFL, O_NONBLOCK);
  }
  process_.emplace(setting, ChildProcess::Streams{.input = given.read.fd(),
                                                  .output = output.write.fd(),
                                                  .errors = errors.write.fd()});
  input_ = std::move(given.write);
  output_ = std::move(output.read);
  errors_ = std::move(errors.read);
}

void ChildProgram::end() noexcept { process_->end(kPatience); }

void ChildProgram::take_errors() {
  std::array<char, 4096> piece{};
  const ssize_t count = ::read(errors_.fd(), piece.data(), piece.size());
  if (count < 0 && errno == EINTR) return;
  if (count <= 0) {
    errors_ = File();
    return;
  }
  error_text_.append(piece.data(), static_cast<std::size_t>(count));
  if (error_text_.size() <= 2 * kKeptErrors) return;
  error_text_.erase(0, error_text_.size() - kKeptErrors);
  error_text_.erase(0, error_text_.find('\n') + 1);
}

void ChildProgram::give_input() {
  if (pending_.empty()) pending_ = next_input_();
  if (pending_.empty()) {
    input_ = File();
    return;
  }
  const ssize_t count = ::write(input_.fd(), pending_.data(), pending_.size());
  if (count >= 0) {
    pending_ = pending_.subspan(static_cast<std::size_t>(count));
  } else if (errno == EPIPE) {
    input_ = File();  // it has ended, and says why
  } else if (errno != EAGAIN && errno != EINTR) {
    throw system_error(errno, "cannot write to " + input_.path().native());
  }
}

// Returns when there is something to read from standard output, or its end.
void ChildProgram::await_output() {
  while (true) {
    std::array<pollfd, 4> waiting = {{{.fd = output_.fd(), .events = POLLIN, .revents = 0},
                                      {.fd = errors_.fd(), .events = POLLIN, .revents = 0},
                                      {.fd = stop_.fd(), .events = POLLIN, .revents = 0},
                                      {.fd = input_.fd(), .events = POLLOUT, .revents = 0}}};
    const int ready = ::poll(waiting.data(), waiting.size(), -1);
    if (ready < 0 && errno != EINTR) throw system_error(errno, "cannot wait for a program");
    if (ready <= 0) continue;
    if (waiting[2].revents != 0) {
      throw Error(ErrorCode::interrupted, "interrupted");
    }
    if (waiting[1].revents != 0) take_errors();
    if (waiting[3].revents != 0) give_input();
    if (waiting[0].revents != 0) return;
    if (!output_ && !errors_) return;
  }
}

std::size_t ChildProgram::read(MutableBytes out) {
  while (output_) {
    await_output();
    const ssize_t count = ::read(output_.fd(), out.data(), out.size());
    if (count > 0) return static_cast<std::size_t>(count);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw system_error(errno, "cannot read from " + output_.path().native());
    output_ = File();
  }
  return 0;
}

std::string ChildProgram::read_all() {
  std::string text;
  std::array<std::byte, 4096> piece{};
  while (const std::size_t count = read(piece)) text += as_text(ByteView(piece).first(count));
  return text;
}

ChildProgram::Result ChildProgram::wait() {
  std::array<std::byte, 4096> dropped{};
  while (read(dropped) != 0) continue;
  while (errors_) await_output();
  input_ = File();
  const int status = process_->wait();
  return {status, std::move(error_text_)};
}

}  // namespace varve
