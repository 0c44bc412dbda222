#include "tools/sources/shell_command.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>

#include "store/core/error.h"
#include "tools/sources/one_line.h"

namespace varve {
namespace {

constexpr std::size_t kKeptComplaints = 4096;
constexpr std::size_t kLongestWords = 400;
constexpr int kPatience = 5000;  // milliseconds between SIGTERM and SIGKILL

struct Pipe {
  File read;
  File write;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw system_error(errno, "cannot make a pipe");
  return {File(ends[0], "a command's output"), File(ends[1], "a pipe")};
}

void must(int error_number, const char* what) {
  if (error_number != 0) throw system_error(error_number, what);
}

// How the child begins: its descriptors.
class Actions {
 public:
  Actions() { must(::posix_spawn_file_actions_init(&actions_), "cannot start a command"); }
  ~Actions() { ::posix_spawn_file_actions_destroy(&actions_); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;

  void open_nothing(int descriptor) {
    must(::posix_spawn_file_actions_addopen(&actions_, descriptor, "/dev/null", O_RDONLY, 0),
         "cannot start a command");
  }
  void duplicate(const File& file, int descriptor) {
    must(::posix_spawn_file_actions_adddup2(&actions_, file.fd(), descriptor),
         "cannot start a command");
  }
  const posix_spawn_file_actions_t* get() const noexcept { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

// A group of its own, and none of the signal settings that varve made for itself.
class Attributes {
 public:
  Attributes() {
    must(::posix_spawnattr_init(&attributes_), "cannot start a command");
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  const posix_spawnattr_t* get() const noexcept { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

pid_t spawn_shell(std::string command, const Pipe& out, const Pipe& err) {
  Actions actions;
  actions.open_nothing(STDIN_FILENO);
  actions.duplicate(out.write, STDOUT_FILENO);
  actions.duplicate(err.write, STDERR_FILENO);
  const Attributes attributes;
  std::string shell = "sh";
  std::string option = "-c";
  std::array<char*, 4> arguments = {shell.data(), option.data(), command.data(), nullptr};
  pid_t pid = -1;
  must(::posix_spawn(&pid, "/bin/sh", actions.get(), attributes.get(), arguments.data(), environ),
       "cannot run /bin/sh");
  return pid;
}

// <sys/pidfd.h> of glibc 2.36 declares pidfd_open without extern "C".
File open_process(pid_t pid) {
  return File(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)), "a command's process");
}

}  // namespace

ShellCommand::ShellCommand(const std::string& command, const std::stop_token& stop) : stop_(stop) {
  start(command);
}

void ShellCommand::start(const std::string& command) {
  Pipe out = make_pipe();
  Pipe err = make_pipe();
  // A child that has closed its output may still speak; reading must never wait for it.
  ::fcntl(err.read.fd(), F_SETFL, O_NONBLOCK);
  pid_ = spawn_shell(command, out, err);
  out_ = std::move(out.read);
  err_ = std::move(err.read);
  process_ = open_process(pid_);
  if (process_) return;
  const Error error = system_error(errno, "cannot watch a command");
  end_group();
  throw error;
}

ShellCommand::~ShellCommand() { end_group(); }

// The shell is not reaped before the last signal: until then no other group can have its number.
void ShellCommand::end_group() noexcept {
  if (pid_ < 0) return;
  ::kill(-pid_, SIGTERM);
  if (process_) {
    pollfd ended{.fd = process_.fd(), .events = POLLIN, .revents = 0};
    while (::poll(&ended, 1, kPatience) < 0 && errno == EINTR) {
    }
  }
  ::kill(-pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

void ShellCommand::take_complaints() {
  std::array<char, 4096> buffer{};
  while (err_) {
    const ssize_t count = ::read(err_.fd(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return;  // nothing at the moment
    if (count == 0) {
      err_ = File();
      return;
    }
    complaints_.append(buffer.data(), static_cast<std::size_t>(count));
    if (complaints_.size() > kKeptComplaints) {
      complaints_.erase(0, complaints_.size() - kKeptComplaints);
    }
  }
}

void ShellCommand::wait_for_anything(bool want_output) {
  // poll(2) passes over negative descriptors.
  std::array<pollfd, 4> waiting = {
      {{.fd = stop_.fd(), .events = POLLIN, .revents = 0},
       {.fd = want_output ? out_.fd() : -1, .events = POLLIN, .revents = 0},
       {.fd = err_.fd(), .events = POLLIN, .revents = 0},
       {.fd = want_output ? -1 : process_.fd(), .events = POLLIN, .revents = 0}}};
  while (::poll(waiting.data(), waiting.size(), -1) < 0) {
    if (errno != EINTR) throw system_error(errno, "cannot wait for a command");
  }
  if (waiting[0].revents != 0) throw Error(ErrorCode::interrupted, "interrupted");
  if (waiting[2].revents != 0) take_complaints();
}

std::size_t ShellCommand::read(MutableBytes out) {
  while (true) {
    wait_for_anything(true);
    pollfd ready{.fd = out_.fd(), .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, 0) <= 0) continue;
    const ssize_t count = ::read(out_.fd(), out.data(), out.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) throw system_error(errno, "cannot read a command's output");
  }
}

ShellCommand::Exit ShellCommand::wait() {
  siginfo_t ended{};
  // WNOWAIT: the number stays taken until the group has had its last signal.
  while (::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         ended.si_pid == 0) {
    wait_for_anything(false);
  }
  take_complaints();
  const bool exited = ended.si_code == CLD_EXITED;
  end_group();  // what it may have left in the background
  return {exited ? ended.si_status : 0, exited ? 0 : ended.si_status};
}

std::string ShellCommand::last_words() const {
  std::string words = complaints_;
  while (!words.empty() && words.back() == '\n') words.pop_back();
  if (words.size() > kLongestWords) {
    words.erase(0, words.size() - kLongestWords);
    const std::size_t line = words.find('\n');
    if (line != words.npos) words.erase(0, line + 1);  // from its beginning
  }
  return one_line(words, kLongestWords);
}

}  // namespace varve
