// A connection whose every wait ends: by the other side, by a limit of time, or by a stop.
//
// Not thread-safe.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>

#include "store/core/file.h"

namespace varve {

// What a wait is ended by.
struct WaitLimits {
  std::chrono::milliseconds connect = std::chrono::seconds(10);
  // As long as this the other side may send, or take, nothing at all.
  std::chrono::milliseconds silence = std::chrono::seconds(60);
  std::stop_token stop;  // throws an interrupted Error
};

class Socket {
 public:
  // `host` may have several addresses: they are tried in turn. Throws a failed Error that says
  // why, without naming the host: the caller knows what the user called it.
  static Socket connect(const std::string& host, std::uint16_t port, WaitLimits limits);
  static Socket connect(const Path& path, WaitLimits limits);

  // At least one byte; 0: the other side has closed.
  std::size_t read(MutableBytes out);
  void write(ByteView bytes);  // all of them
  // How long a silence is borne from here on: WaitLimits::silence until told otherwise.
  void set_silence(std::chrono::milliseconds limit) { limits_.silence = limit; }
  // Waits until bytes can be read (POLLIN) or written (POLLOUT).
  void wait(short events);

  int fd() const noexcept { return file_.fd(); }  // non-blocking
  // Whether both ends are on this machine.
  bool is_local() const;

 private:
  Socket(File file, WaitLimits limits) : file_(std::move(file)), limits_(std::move(limits)) {}

  File file_;
  WaitLimits limits_;
};

}  // namespace varve
