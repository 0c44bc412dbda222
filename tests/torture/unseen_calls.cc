#include "tests/torture/unseen_calls.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <stdexcept>

namespace varve::torture {
namespace {

constexpr std::uint64_t kSyscallLength = 64;  // bytes of code, at most

// Their first argument is the descriptor that is written to.
const std::set<std::uint64_t> kByDescriptor = {
    SYS_write,     SYS_pwrite64,  SYS_writev, SYS_pwritev,  SYS_pwritev2,
    SYS_ftruncate, SYS_fallocate, SYS_fchmod, SYS_fchown,   SYS_sync_file_range,
    SYS_sendfile,  SYS_fsetxattr, SYS_fsync,  SYS_fdatasync};

const std::set<std::uint64_t> kByName = {
    SYS_truncate,  SYS_rename,   SYS_renameat,  SYS_renameat2,       SYS_link,
    SYS_linkat,    SYS_unlink,   SYS_unlinkat,  SYS_rmdir,           SYS_mkdir,
    SYS_mkdirat,   SYS_symlink,  SYS_symlinkat, SYS_mknod,           SYS_mknodat,
    SYS_chmod,     SYS_fchmodat, SYS_chown,     SYS_lchown,          SYS_fchownat,
    SYS_utimensat, SYS_setxattr, SYS_lsetxattr, SYS_copy_file_range, SYS_splice};

using Call = __ptrace_syscall_info;

// Opens that make or empty a file.
bool makes_file(const Call& call) {
  constexpr std::uint64_t kMaking = O_CREAT | O_TRUNC;
  if (call.entry.nr == SYS_creat) return true;
  if (call.entry.nr == SYS_open) return (call.entry.args[1] & kMaking) != 0;
  return call.entry.nr == SYS_openat && (call.entry.args[2] & kMaking) != 0;
}

std::uint64_t offset_of_syscall() {
  Dl_info info{};
  const auto address = reinterpret_cast<std::uint64_t>(&::syscall);
  if (::dladdr(reinterpret_cast<void*>(address), &info) == 0) throw std::runtime_error("dladdr");
  return address - reinterpret_cast<std::uint64_t>(info.dli_fbase);
}

// 0 where it is not loaded yet.
std::uint64_t c_library_of(pid_t process) {
  std::ifstream maps("/proc/" + std::to_string(process) + "/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find("/libc.so.6") != line.npos) return std::stoull(line, nullptr, 16);
  }
  return 0;
}

class Watch {
 public:
  explicit Watch(const Path& under) : under_(under.native() + '/') {}

  std::set<std::string> unseen() const { return unseen_; }

  void see(pid_t thread) {
    Call call{};
    if (::ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof call, &call) <= 0) return;
    if (call.op != PTRACE_SYSCALL_INFO_ENTRY || !changes(thread, call)) return;
    if (!is_of_layer(thread, call.instruction_pointer)) {
      unseen_.insert("call " + std::to_string(call.entry.nr) + " on " + file_of(thread, call));
    }
  }

 private:
  static std::string file_of(pid_t thread, const Call& call) {
    const std::string fd = std::to_string(static_cast<int>(call.entry.args[0]));
    std::error_code none;
    return std::filesystem::read_symlink("/proc/" + std::to_string(thread) + "/fd/" + fd, none);
  }

  bool changes(pid_t thread, const Call& call) const {
    if (kByName.contains(call.entry.nr) || makes_file(call)) return true;
    return kByDescriptor.contains(call.entry.nr) && file_of(thread, call).starts_with(under_);
  }

  static bool is_of_layer(pid_t thread, std::uint64_t place) {
    static const std::uint64_t offset = offset_of_syscall();
    const std::uint64_t begin = c_library_of(thread) + offset;
    return place >= begin && place < begin + kSyscallLength;
  }

  std::string under_;
  std::set<std::string> unseen_;
};

[[noreturn]] void become_watched(std::vector<std::string>& command, const ProgramSetting& setting) {
  for (const auto& [name, value] : setting.environment) ::setenv(name.c_str(), value.c_str(), 1);
  const int nowhere = ::open("/dev/null", O_RDWR);
  for (int fd = 0; fd <= 2; ++fd) ::dup2(nowhere, fd);
  std::vector<char*> pointers;
  for (std::string& word : command) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(98);
  ::raise(SIGSTOP);
  ::execvp(pointers[0], pointers.data());
  ::_exit(97);
}

// The signal that the stopped thread is to get: none of those that ptrace made.
int signal_of(int status) {
  const int signal = WSTOPSIG(status);
  const bool is_made = signal == (SIGTRAP | 0x80) || signal == SIGTRAP || signal == SIGSTOP;
  return is_made ? 0 : signal;
}

}  // namespace

WatchedRun run_watched(std::vector<std::string> command, const ProgramSetting& setting,
                       const Path& under) {
  const pid_t program = ::fork();
  if (program < 0) throw std::runtime_error("fork");
  if (program == 0) become_watched(command, setting);
  int status = 0;
  ::waitpid(program, &status, 0);
  if (!WIFSTOPPED(status))
    throw std::runtime_error("this machine does not let a program be traced");
  const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
                       PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
  ::ptrace(PTRACE_SETOPTIONS, program, nullptr, options);
  ::ptrace(PTRACE_SYSCALL, program, nullptr, nullptr);
  Watch watch(under);
  WatchedRun run;
  for (pid_t thread; (thread = ::waitpid(-1, &status, __WALL)) > 0;) {
    if (WIFSTOPPED(status)) {
      if (WSTOPSIG(status) == (SIGTRAP | 0x80)) watch.see(thread);
      ::ptrace(PTRACE_SYSCALL, thread, nullptr, static_cast<long>(signal_of(status)));
    } else if (thread == program) {
      run.status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    }
  }
  run.unseen = watch.unseen();
  return run;
}

}  // namespace varve::torture
