// A second process for a test: does something, says when it has, and stays until it is killed.
//
// SQLite's locks belong to processes, so what another program does to a database can only be
// shown by another process.
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <stdexcept>
#include <string>

namespace varve::test {

class ChildProcess {
 public:
  // Returns when `work` has returned in the child, which then waits for its end. What `work`
  // throws becomes an exception here.
  explicit ChildProcess(const std::function<std::string()>& work) {
    std::array<int, 2> pipe{};
    if (::pipe(pipe.data()) != 0) throw std::runtime_error("no pipe");
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("no fork");
    if (pid_ == 0) run(work, pipe[1]);
    ::close(pipe[1]);
    std::array<char, 4096> text{};
    for (ssize_t count = 0; (count = ::read(pipe[0], text.data(), text.size())) > 0;) {
      said_.append(text.data(), static_cast<std::size_t>(count));
      if (said_.find('\0') != std::string::npos) break;
    }
    ::close(pipe[0]);
    if (said_.empty() || said_.front() != '+') throw std::runtime_error(said_);
    said_ = said_.substr(1, said_.size() - 2);
  }
  ~ChildProcess() { kill(); }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // What `work` returned.
  const std::string& said() const { return said_; }

  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  // Nothing of the child's is closed or destroyed at its end: it dies as a crashed program does.
  [[noreturn]] static void run(const std::function<std::string()>& work, int out) {
    try {
      tell(out, std::string("+").append(work()));
    } catch (const std::exception& error) {
      tell(out, std::string("-").append(error.what()));
    }
    for (;;) ::pause();
  }
  static void tell(int out, const std::string& text) {
    if (::write(out, text.c_str(), text.size() + 1) < 0) ::_exit(1);
  }

  pid_t pid_ = 0;
  std::string said_;
};

}  // namespace varve::test
