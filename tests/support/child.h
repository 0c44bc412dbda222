// Work done in another process, for what processes do to each other.
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <functional>
#include <system_error>
#include <utility>

namespace varve {

// Forks; the child runs `work` and exits with its result, or with 99 where it throws. Nothing of
// the parent's that must not cross a fork (a catalog) may be open and used in the child.
class Child {
 public:
  explicit Child(const std::function<int()>& work) : pid_(::fork()) {
    if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (pid_ == 0) ::_exit(run(work));
  }
  ~Child() { wait(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void kill() {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
    wait();
  }
  // The exit status; negative: the signal that ended it.
  int wait() {
    if (pid_ > 0) {
      int status = 0;
      ::waitpid(std::exchange(pid_, 0), &status, 0);
      status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    }
    return status_;
  }

 private:
  static int run(const std::function<int()>& work) noexcept {
    try {
      return work();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "child: %s\n", error.what());
      return 99;
    }
  }

  pid_t pid_;
  int status_ = 0;
};

// A pipe to tell each other that a point was reached; each read waits for a byte.
class Signal {
 public:
  Signal() {
    if (::pipe(ends_) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  }
  ~Signal() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  void send() {
    const char byte = 1;
    if (::write(ends_[1], &byte, 1) != 1) throw std::system_error(errno, std::generic_category());
  }
  void await() {
    char byte = 0;
    if (::read(ends_[0], &byte, 1) != 1) throw std::system_error(errno, std::generic_category());
  }

 private:
  int ends_[2] = {-1, -1};
};

}  // namespace varve
