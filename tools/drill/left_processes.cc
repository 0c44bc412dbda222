#include "tools/drill/left_processes.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>

namespace varve {
namespace {

constexpr int kPatience = 10'000;  // milliseconds for one to vanish

bool lies_in(const Path& path, const Path& folder) {
  const auto [end, rest] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return end == folder.end();
}

bool works_in(const Path& process, const Path& folder) {
  std::error_code unknown;
  const Path place = std::filesystem::read_symlink(process / "cwd", unknown);
  return !unknown && lies_in(place, folder);
}

// By its descriptor: a number could be somebody else's by now.
void end_process(const Path& process, const Path& folder) {
  const int number = std::atoi(process.filename().c_str());
  const File handle(static_cast<int>(::syscall(SYS_pidfd_open, number, 0)), process);
  if (!handle || !works_in(process, folder)) return;
  ::syscall(SYS_pidfd_send_signal, handle.fd(), SIGKILL, nullptr, 0);
  pollfd gone{.fd = handle.fd(), .events = POLLIN, .revents = 0};
  ::poll(&gone, 1, kPatience);
}

}  // namespace

void end_processes_in(const Path& folder) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    const std::string name = entry.path().filename().native();
    const bool is_process = std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
    if (is_process && works_in(entry.path(), folder)) end_process(entry.path(), folder);
  }
}

}  // namespace varve
