#include "fs/end_signals.h"

#include <array>
#include <ctime>
#include <utility>

namespace varve {
namespace {

constexpr std::array kSignals = {SIGTERM, SIGINT, SIGHUP};
constexpr int kWake = SIGUSR1;

sigset_t end_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : kSignals) ::sigaddset(&set, signal);
  return set;
}

// The signal that came within 50 ms, or a negative number.
int next_signal(const sigset_t& set) {
  const timespec patience{0, 50'000'000};
  return ::sigtimedwait(&set, nullptr, &patience);
}

extern "C" void do_nothing(int) {}

// Without SA_RESTART, so that a system call is interrupted.
void prepare_wake() {
  struct sigaction action {};
  action.sa_handler = do_nothing;
  ::sigaction(kWake, &action, nullptr);
}

}  // namespace

EndSignalsBlocked::EndSignalsBlocked() {
  const sigset_t set = end_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, &before_);
}

EndSignalsBlocked::~EndSignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

EndSignals::EndSignals(std::function<void()> end)
    : end_(std::move(end)), serving_(::pthread_self()) {
  prepare_wake();
  thread_ = std::jthread([this](const std::stop_token& stop) { wait(stop); });
}

void EndSignals::wait(const std::stop_token& stop) const {
  const sigset_t set = end_signals();
  while (next_signal(set) < 0) {
    if (stop.stop_requested()) return;
  }
  end_();
  while (!stop.stop_requested()) {
    ::pthread_kill(serving_, kWake);
    next_signal(set);
  }
}

}  // namespace varve
