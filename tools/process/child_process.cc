#include "tools/process/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "store/core/error.h"
#include "tools/process/pipe.h"

extern char** environ;

namespace varve {
namespace {

std::vector<std::string> environment_of(const ChildProcess::Setting& setting) {
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

struct Beginning {
  char* const* arguments;
  char* const* variables;
  ChildProcess::Streams streams;
  int failure;  // where it says why it could not be
  int death_signal;
  pid_t parent;
};

void reset_signals() noexcept {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  // Handlers go with exec; what is ignored would stay so.
  for (int number = 1; number < NSIG; ++number) std::signal(number, SIG_DFL);
}

bool place_streams(const ChildProcess::Streams& streams) noexcept {
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (nothing < 0) return false;
  const auto place = [nothing](int from, int to) {
    return ::dup2(from < 0 ? nothing : from, to) >= 0;
  };
  return place(streams.input, STDIN_FILENO) && place(streams.output, STDOUT_FILENO) &&
         place(streams.errors, STDERR_FILENO);
}

// In the child, between fork and exec: nothing that may allocate or lock.
[[noreturn]] void become(const Beginning& beginning) noexcept {
  ::setpgid(0, 0);
  if (beginning.death_signal != 0) {
    ::prctl(PR_SET_PDEATHSIG, beginning.death_signal);
    if (::getppid() != beginning.parent) ::_exit(127);  // it died before the line above
  }
  reset_signals();
  if (place_streams(beginning.streams)) {
    ::execvpe(beginning.arguments[0], beginning.arguments, beginning.variables);
  }
  const int why = errno;
  static_cast<void>(!::write(beginning.failure, &why, sizeof why));
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

}  // namespace

ChildProcess::ChildProcess(const Setting& setting, const Streams& streams) {
  std::vector<std::string> arguments = setting.arguments;
  std::vector<std::string> variables = environment_of(setting);
  const std::vector<char*> argument_pointers = pointers_to(arguments);
  const std::vector<char*> variable_pointers = pointers_to(variables);
  Pipe failure = make_pipe(arguments.front());
  const Beginning beginning{argument_pointers.data(), variable_pointers.data(), streams,
                            failure.write.fd(),       setting.death_signal,     ::getpid()};
  pid_ = ::fork();
  if (pid_ < 0) throw system_error(errno, "cannot start " + arguments.front());
  if (pid_ == 0) become(beginning);
  ::setpgid(pid_, pid_);  // whoever comes first: its group must be found from now on
  failure.write = File();
  if (const int why = exec_failure(failure.read); why != 0) {
    reap();
    Error error = system_error(why, "cannot start " + arguments.front());
    if (why == ENOENT) throw Error(ErrorCode::not_found, error.what());
    throw error;
  }
  // By number: glibc 2.36 declares pidfd_open without its C linkage.
  process_ = File(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)), "a process");
  if (process_) return;
  const Error error = system_error(errno, "cannot watch " + arguments.front());
  signal(SIGKILL);
  reap();
  throw error;
}

ChildProcess::~ChildProcess() {
  if (pid_ < 0) return;
  signal(SIGKILL);
  reap();
}

void ChildProcess::signal(int number) const noexcept {
  if (pid_ > 0) ::kill(-pid_, number);
}

bool ChildProcess::wait_for_end(int milliseconds) const noexcept {
  pollfd ended{.fd = process_.fd(), .events = POLLIN, .revents = 0};
  int ready = 0;
  do {
    ready = ::poll(&ended, 1, milliseconds);
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

bool ChildProcess::has_ended() const noexcept { return pid_ < 0 || wait_for_end(0); }

int ChildProcess::reap() noexcept {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void ChildProcess::end(std::chrono::milliseconds patience) noexcept {
  if (pid_ < 0) return;
  signal(SIGTERM);
  wait_for_end(static_cast<int>(patience.count()));
  signal(SIGKILL);
  reap();
}

int ChildProcess::wait() {
  wait_for_end(-1);
  signal(SIGKILL);
  return reap();
}

std::string how_it_ended(int status) {
  if (status >= 0) return fmt::format("exit status {}", status);
  return fmt::format("killed by signal {} ({})", -status, ::strsignal(-status));
}

}  // namespace varve
