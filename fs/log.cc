#include "fs/log.h"

#include <fmt/format.h>
#include <syslog.h>

#include <cstdio>

namespace varve {
namespace {

// Beyond so many different lines the memory of them starts anew.
constexpr std::size_t kMostRemembered = 4096;

}  // namespace

Log::Log(Sink sink) : sink_(sink) {
  if (sink_ == Sink::syslog) ::openlog("varve", LOG_PID, LOG_DAEMON);
}

Log::~Log() {
  if (sink_ == Sink::syslog) ::closelog();
}

void Log::info(const std::string& line) noexcept { write(LOG_INFO, line); }
void Log::error(const std::string& line) noexcept { write(LOG_ERR, line); }

void Log::error_once(const std::string& line) noexcept {
  try {
    const std::lock_guard lock(mutex_);
    if (said_.size() >= kMostRemembered) said_.clear();
    if (!said_.insert(line).second) return;
  } catch (const std::exception&) {
    // No memory to remember it: say it again rather than not at all.
  }
  error(line);
}

void Log::write(int priority, const std::string& line) noexcept {
  if (sink_ == Sink::syslog) {
    ::syslog(priority, "%s", line.c_str());
  } else {
    // One call for the whole line, so that lines of two threads do not mix.
    std::fprintf(stderr, "varve: %s\n", line.c_str());
  }
}

}  // namespace varve
