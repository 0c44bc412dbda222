// A program as somebody runs it: its own arguments, environment, folder and descriptors.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace varve {

struct ProgramResult {
  int status = 0;  // exit status; negative: the signal that ended it
  std::string out;
  std::string err;
};

struct ProgramSetting {
  std::filesystem::path folder = ".";
  std::vector<std::pair<std::string, std::string>> environment;  // besides what is inherited
  std::string standard_output;  // a file to open for it, "closed", or empty: captured
};

// Starts at once; standard input is empty. One that is not waited for is killed.
class Program {
 public:
  Program(std::vector<std::string> arguments, const ProgramSetting& setting)
      : out_(captured("out")), err_(captured("err")), pid_(::fork()) {
    if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (pid_ == 0) become(std::move(arguments), setting);
  }
  ~Program() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    ::close(out_);
    ::close(err_);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  pid_t pid() const noexcept { return pid_; }
  void send(int signal) const { ::kill(pid_, signal); }

  // Whether it still runs; wait() says how it ended.
  bool runs() const {
    siginfo_t ended{};
    const int options = WEXITED | WNOHANG | WNOWAIT;
    return ::waitid(P_PID, static_cast<id_t>(pid_), &ended, options) == 0 && ended.si_pid == 0;
  }

  ProgramResult wait() {
    int status = 0;
    ::waitpid(std::exchange(pid_, 0), &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), text_of(out_),
            text_of(err_)};
  }

 private:
  static int captured(const char* name) {
    const int fd = ::memfd_create(name, MFD_CLOEXEC);
    if (fd < 0) throw std::system_error(errno, std::generic_category(), "memfd_create");
    return fd;
  }

  static std::string text_of(int fd) {
    std::string text(static_cast<std::size_t>(::lseek(fd, 0, SEEK_END)), '\0');
    if (::pread(fd, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
      throw std::system_error(errno, std::generic_category(), "pread");
    }
    return text;
  }

  // In the child: never returns.
  [[noreturn]] void become(std::vector<std::string> arguments,
                           const ProgramSetting& setting) const noexcept {
    std::error_code fault;
    std::filesystem::current_path(setting.folder, fault);
    if (fault) ::_exit(98);
    for (const auto& [name, value] : setting.environment) {
      if (::setenv(name.c_str(), value.c_str(), 1) != 0) ::_exit(98);
    }
    const int in = ::open("/dev/null", O_RDONLY);
    const int out =
        setting.standard_output.empty() ? out_ : ::open(setting.standard_output.c_str(), O_WRONLY);
    ::dup2(in, STDIN_FILENO);
    ::dup2(err_, STDERR_FILENO);
    if (setting.standard_output == "closed") {
      ::close(STDOUT_FILENO);
    } else if (::dup2(out, STDOUT_FILENO) < 0) {
      ::_exit(98);
    }
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    ::execvp(pointers[0], pointers.data());
    ::_exit(97);
  }

  int out_;
  int err_;
  pid_t pid_;
};

}  // namespace varve
