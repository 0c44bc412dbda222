#include "tools/sources/check_program.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include "store/core/error.h"

namespace varve {
namespace {

constexpr std::size_t kMostOutput = 64u << 10;
constexpr int kSlice = 100;  // milliseconds between two looks at the stop

struct Pipe {
  File in;   // ours: writes, without blocking
  File out;  // the program's
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw system_error(errno, "cannot make a pipe");
  Pipe made{File(ends[1], "a pipe"), File(ends[0], "a pipe")};
  if (::fcntl(made.in.fd(), F_SETFL, O_NONBLOCK) != 0)
    throw system_error(errno, "cannot set a pipe");
  return made;
}

File make_memory_file() {
  const int fd = ::memfd_create("output", MFD_CLOEXEC);
  if (fd < 0) throw system_error(errno, "cannot make a file in memory");
  return File(fd, "a file in memory");
}

class SpawnSettings {
 public:
  SpawnSettings(int input, int output) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, output, STDERR_FILENO);
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

bool is_ready(int fd, short events, const std::stop_token& stop) {
  if (stop.stop_requested()) throw Error(ErrorCode::interrupted, "interrupted");
  pollfd wanted{fd, events, 0};
  return ::poll(&wanted, 1, kSlice) > 0;
}

}  // namespace

std::unique_ptr<CheckProgram> CheckProgram::start(std::vector<std::string> words,
                                                  std::stop_token stop) {
  Pipe pipe = make_pipe();
  File output = make_memory_file();
  const SpawnSettings settings(pipe.out.fd(), output.fd());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  pid_t pid = 0;
  const int fault = ::posix_spawnp(&pid, pointers[0], settings.actions(), settings.attributes(),
                                   pointers.data(), environ);
  if (fault == ENOENT) return nullptr;
  if (fault != 0) throw system_error(fault, "cannot start " + words[0]);
  return std::make_unique<CheckProgram>(pid, std::move(pipe.in), std::move(output),
                                        std::move(stop));
}

CheckProgram::~CheckProgram() {
  if (pid_ == 0) return;
  ::kill(-pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
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

int CheckProgram::wait_for_end() {
  // By number: glibc 2.36 declares pidfd_open without its C linkage.
  const File process(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)), "a process");
  if (!process) throw system_error(errno, "cannot wait for a program");
  while (!is_ready(process.fd(), POLLIN, stop_)) continue;
  int status = 0;
  ::waitpid(std::exchange(pid_, 0), &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

CheckProgram::Result CheckProgram::finish() {
  input_.close();
  const int status = wait_for_end();
  Bytes output(kMostOutput);
  output.resize(output_.read_at(0, output));
  return {status, std::string(as_text(output))};
}

}  // namespace varve
