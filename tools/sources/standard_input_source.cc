#include "tools/sources/standard_input_source.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "store/core/error.h"
#include "tools/process/stop_event.h"
#include "tools/sources/stream_copy.h"

namespace varve {
namespace {

// 0 at the end.
std::size_t read_input(const StopEvent& stop, MutableBytes out) {
  std::array<pollfd, 2> waiting = {{{.fd = stop.fd(), .events = POLLIN, .revents = 0},
                                    {.fd = STDIN_FILENO, .events = POLLIN, .revents = 0}}};
  while (true) {
    if (::poll(waiting.data(), waiting.size(), -1) < 0) continue;  // EINTR
    if (waiting[0].revents != 0) throw Error(ErrorCode::interrupted, "interrupted");
    const ssize_t count = ::read(STDIN_FILENO, out.data(), out.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR && errno != EAGAIN) {
      throw system_error(errno, "cannot read standard input");
    }
  }
}

}  // namespace

StandardInputSource::StandardInputSource(std::string name, std::stop_token stop)
    : name_(std::move(name)), stop_(std::move(stop)) {}

void StandardInputSource::open() {
  if (::isatty(STDIN_FILENO) != 0) {
    throw Error(ErrorCode::usage, "standard input is a terminal: pipe something into varve");
  }
  moment_ = Timestamp::now();
}

SourceInfo StandardInputSource::copy(SnapshotBuilder& builder) {
  const StopEvent stop(stop_);
  const std::uint64_t size =
      copy_stream(builder, name_, moment_, [&](MutableBytes out) { return read_input(stop, out); });
  if (size == 0) builder.warn(fmt::format("standard input, stored as {}, was empty", name_));
  return info_at(moment_);
}

}  // namespace varve
