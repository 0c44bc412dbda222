#include "tools/cli/signals.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "store/core/error.h"

namespace varve::cli {
namespace {

constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP};

sigset_t signal_set() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : kSignals) ::sigaddset(&set, signal);
  return set;
}

int interrupted_status() { return exit_status(ErrorCode::interrupted); }

extern "C" void exit_interrupted(int) { ::_exit(interrupted_status()); }

}  // namespace

SignalStop::SignalStop() {
  const sigset_t set = signal_set();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_ = File(::signalfd(-1, &set, SFD_CLOEXEC), "signalfd");
  end_ = File(::eventfd(0, EFD_CLOEXEC), "eventfd");
  if (!signals_ || !end_) throw system_error(errno, "cannot wait for signals");
  thread_ = std::jthread([this] { wait_for_signals(); });
}

SignalStop::~SignalStop() {
  const std::uint64_t one = 1;
  static_cast<void>(!::write(end_.fd(), &one, sizeof one));
}

void SignalStop::wait_for_signals() {
  std::array<pollfd, 2> waiting = {{{.fd = signals_.fd(), .events = POLLIN, .revents = 0},
                                    {.fd = end_.fd(), .events = POLLIN, .revents = 0}}};
  while (true) {
    if (::poll(waiting.data(), waiting.size(), -1) < 0) continue;  // EINTR
    if (waiting[1].revents != 0) return;
    signalfd_siginfo info{};
    if (::read(signals_.fd(), &info, sizeof info) != sizeof info) continue;
    if (stop_.stop_requested()) ::_exit(interrupted_status());
    stop_.request_stop();
  }
}

void exit_at_signals() {
  for (const int signal : kSignals) std::signal(signal, exit_interrupted);
}

}  // namespace varve::cli
