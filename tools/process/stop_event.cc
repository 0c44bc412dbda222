#include "tools/process/stop_event.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>

#include "store/core/error.h"

namespace varve {
namespace {

File make_event() {
  File event(::eventfd(0, EFD_CLOEXEC), "eventfd");
  if (!event) throw system_error(errno, "cannot wait for a stop");
  return event;
}

}  // namespace

StopEvent::StopEvent(const std::stop_token& stop)
    : event_(make_event()), callback_(stop, [this] {
        const std::uint64_t one = 1;
        static_cast<void>(!::write(event_.fd(), &one, sizeof one));
      }) {}

}  // namespace varve
