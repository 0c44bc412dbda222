// A server on a unix socket that answers what a test tells it to, whatever it is asked.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/temp_folder.h"

namespace varve {

// Serves one connection: each of Redis's commands gets the next reply, and after the last one the
// connection is closed.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::vector<std::string> replies)
      : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)), replies_(std::move(replies)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().native().copy(address.sun_path, sizeof address.sun_path - 1);
    if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener_, 1) != 0) {
      throw std::runtime_error("cannot listen on " + path().native());
    }
    thread_ = std::jthread([this] { serve(); });
  }
  ~ScriptedServer() {
    ::shutdown(listener_, SHUT_RDWR);  // in case nobody came
    thread_.join();
    ::close(listener_);
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::filesystem::path path() const { return folder_ / "socket"; }
  std::string uri() const { return "redis+unix://" + path().native(); }

 private:
  void serve() {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    for (const std::string& reply : replies_) {
      if (!read_command(fd)) break;
      ::send(fd, reply.data(), reply.size(), MSG_NOSIGNAL);
    }
    ::close(fd);
  }

  // "*2", and then a length and a word for each of the two.
  static bool read_command(int fd) {
    std::string line;
    if (!read_line(fd, line)) return false;
    for (int lines = 2 * std::stoi(line.substr(1)); lines > 0; --lines) {
      if (!read_line(fd, line)) return false;
    }
    return true;
  }
  static bool read_line(int fd, std::string& line) {
    line.clear();
    for (char c = 0; ::read(fd, &c, 1) == 1; line += c) {
      if (c == '\n') return true;
    }
    return false;
  }

  TempFolder folder_;
  int listener_;
  const std::vector<std::string> replies_;
  std::jthread thread_;
};

}  // namespace varve
