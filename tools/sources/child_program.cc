#include "tools/sources/child_program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "store/core/error.h"

extern char** environ;

namespace varve {
namespace {

constexpr std::size_t kKeptErrors = 8u << 10;  // bytes of standard error
constexpr int kPipeSize = 1 << 20;             // fewer switches between us and the program

struct Pipe {
  File read;
  File write;
};

Pipe make_pipe(const std::string& name) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw system_error(errno, "cannot make a pipe");
  return {File(ends[0], name), File(ends[1], name)};
}

std::vector<std::string> environment_of(const ChildProgram::Setting& setting) {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const bool hidden = std::ranges::any_of(
        setting.hidden, [&](const std::string& front) { return text.starts_with(front); });
    const bool replaced = std::ranges::any_of(setting.environment, [&](const auto& entry) {
      return text.starts_with(entry.first + '=');
    });
    if (!hidden && !replaced) variables.emplace_back(text);
  }
  for (const auto& [name, value] : setting.environment) variables.push_back(name + '=' + value);
  return variables;
}

std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

// In the child, between fork and exec: nothing that may allocate or lock.
[[noreturn]] void become(char* const* arguments, char* const* variables, int out, int errors,
                         int failure, pid_t parent) noexcept {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // it died before the line above
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  std::signal(SIGPIPE, SIG_DFL);
  const int in = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (in >= 0 && ::dup2(in, STDIN_FILENO) >= 0 && ::dup2(out, STDOUT_FILENO) >= 0 &&
      ::dup2(errors, STDERR_FILENO) >= 0) {
    ::execve(arguments[0], arguments, variables);
  }
  const int why = errno;
  static_cast<void>(!::write(failure, &why, sizeof why));
  ::_exit(127);
}

// The reason why exec failed; 0 where it did not (the pipe was closed by it).
int exec_failure(const File& failure) {
  int why = 0;
  ssize_t count = 0;
  do {
    count = ::read(failure.fd(), &why, sizeof why);
  } while (count < 0 && errno == EINTR);
  return count == sizeof why ? why : 0;
}

Error interrupted() { return Error(ErrorCode::interrupted, "interrupted: nothing was stored"); }

}  // namespace

ChildProgram::ChildProgram(const Setting& setting, std::stop_token stop) : stop_(std::move(stop)) {
  std::vector<std::string> arguments = setting.arguments;
  std::vector<std::string> variables = environment_of(setting);
  const std::vector<char*> argument_pointers = pointers_to(arguments);
  const std::vector<char*> variable_pointers = pointers_to(variables);
  Pipe output = make_pipe(arguments.front() + " (output)");
  Pipe errors = make_pipe(arguments.front() + " (errors)");
  Pipe failure = make_pipe(arguments.front());
  ::fcntl(output.read.fd(), F_SETPIPE_SZ, kPipeSize);  // a wish
  wake_ = File(::eventfd(0, EFD_CLOEXEC), "eventfd");
  if (!wake_) throw system_error(errno, "cannot make an eventfd");
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) throw system_error(errno, "cannot start " + arguments.front());
  if (pid_ == 0) {
    become(argument_pointers.data(), variable_pointers.data(), output.write.fd(), errors.write.fd(),
           failure.write.fd(), parent);
  }
  ::setpgid(pid_, pid_);  // whoever comes first: kill_group must find the group
  failure.write = File();
  if (const int why = exec_failure(failure.read); why != 0) {
    ::waitpid(std::exchange(pid_, -1), nullptr, 0);
    throw system_error(why, "cannot start " + arguments.front());
  }
  output_ = std::move(output.read);
  errors_ = std::move(errors.read);
}

ChildProgram::~ChildProgram() {
  if (pid_ < 0) return;
  kill_group();
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) continue;
}

void ChildProgram::kill_group() noexcept { ::kill(-pid_, SIGKILL); }

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

// Returns when there is something to read from standard output, or its end.
void ChildProgram::await_output() {
  const std::stop_callback wake(stop_, [this] {
    const std::uint64_t one = 1;
    static_cast<void>(!::write(wake_.fd(), &one, sizeof one));
  });
  while (true) {
    std::array<pollfd, 3> waiting = {{{.fd = output_.fd(), .events = POLLIN, .revents = 0},
                                      {.fd = errors_.fd(), .events = POLLIN, .revents = 0},
                                      {.fd = wake_.fd(), .events = POLLIN, .revents = 0}}};
    const int ready = ::poll(waiting.data(), waiting.size(), -1);
    if (stop_.stop_requested()) throw interrupted();
    if (ready < 0 && errno != EINTR) throw system_error(errno, "cannot wait for a program");
    if (ready <= 0) continue;
    if (waiting[1].revents != 0) take_errors();
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
  siginfo_t ended{};
  while (::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOWAIT) < 0) {
    if (errno != EINTR) throw system_error(errno, "cannot wait for a program");
  }
  kill_group();  // what it left behind; until it is reaped nobody else has its number
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
  pid_ = -1;
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), std::move(error_text_)};
}

std::string ChildProgram::Result::how() const {
  if (status >= 0) return fmt::format("exit status {}", status);
  return fmt::format("killed by signal {} ({})", -status, ::strsignal(-status));
}

}  // namespace varve
