// The wall clock of a program set ahead or back: loaded by LD_PRELOAD.
//
//   VARVE_TEST_CLOCK   seconds that are added to CLOCK_REALTIME and its coarse form
//
// The kernel's own stamps (of files) stay right, as on a machine whose clock is set between two
// looks at it.
#include <dlfcn.h>
#include <sys/time.h>
#include <time.h>

#include <cstdlib>

namespace {

time_t shift() {
  const char* const seconds = ::getenv("VARVE_TEST_CLOCK");
  return seconds == nullptr ? 0 : ::strtol(seconds, nullptr, 10);
}

bool is_wall_clock(clockid_t clock) {
  return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
}

using ClockGettime = int (*)(clockid_t, timespec*);

ClockGettime real_clock_gettime() {
  static const auto real = reinterpret_cast<ClockGettime>(::dlsym(RTLD_NEXT, "clock_gettime"));
  return real;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const int result = real_clock_gettime()(clock, time);
  if (result == 0 && is_wall_clock(clock)) time->tv_sec += shift();
  return result;
}

time_t time(time_t* place) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (place != nullptr) *place = now.tv_sec;
  return now.tv_sec;
}

int gettimeofday(timeval* time, void*) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  time->tv_sec = now.tv_sec;
  time->tv_usec = now.tv_nsec / 1000;
  return 0;
}

}  // extern "C"
