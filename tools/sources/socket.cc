#include "tools/sources/socket.h"

#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "store/core/error.h"

namespace varve {
namespace {

using Clock = std::chrono::steady_clock;

struct FreeAddresses {
  void operator()(addrinfo* list) const noexcept { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

Error failed(const std::string& why) { return {ErrorCode::failed, why}; }
std::string reason(int error_number) { return std::generic_category().message(error_number); }

// False where the time is over. Looks at the stop ten times a second.
bool await(int fd, short events, std::chrono::milliseconds limit, const std::stop_token& stop) {
  constexpr std::chrono::milliseconds kSlice(100);
  const Clock::time_point end = Clock::now() + limit;
  while (true) {
    if (stop.stop_requested()) throw Error(ErrorCode::interrupted, "interrupted");
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
    if (left.count() <= 0) return false;
    pollfd wanted{fd, events, 0};
    const int ready = ::poll(&wanted, 1, static_cast<int>(std::min(left, kSlice).count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) throw system_error(errno, "cannot wait for the network");
  }
}

Addresses resolve(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int fault = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (fault == 0) return Addresses(found);
  throw failed(fmt::format("the name {} leads nowhere: {}", host,
                           fault == EAI_SYSTEM ? reason(errno) : ::gai_strerror(fault)));
}

File new_socket(int family) {
  const int fd = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) throw system_error(errno, "cannot make a socket");
  return File(fd, "the connection");
}

// 0, or the errno value that says why not.
int try_connect(int fd, const sockaddr* address, socklen_t length, const WaitLimits& limits) {
  if (::connect(fd, address, length) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  if (!await(fd, POLLOUT, limits.connect, limits.stop)) return ETIMEDOUT;
  int fault = 0;
  socklen_t size = sizeof fault;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &fault, &size);
  return fault;
}

}  // namespace

Socket Socket::connect(const std::string& host, std::uint16_t port, WaitLimits limits) {
  const Addresses addresses = resolve(host, port);
  int fault = ENOENT;
  for (const addrinfo* one = addresses.get(); one != nullptr; one = one->ai_next) {
    File file = new_socket(one->ai_family);
    fault = try_connect(file.fd(), one->ai_addr, one->ai_addrlen, limits);
    if (fault == 0) return {std::move(file), std::move(limits)};
  }
  throw failed("no connection: " + reason(fault));
}

Socket Socket::connect(const Path& path, WaitLimits limits) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.native().size() >= sizeof address.sun_path) {
    throw failed("the path of the socket is too long for one");
  }
  path.native().copy(address.sun_path, path.native().size());
  File file = new_socket(AF_UNIX);
  const int fault =
      try_connect(file.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address, limits);
  if (fault != 0) throw failed("no connection: " + reason(fault));
  return {std::move(file), std::move(limits)};
}

void Socket::wait(short events) {
  if (await(fd(), events, limits_.silence, limits_.stop)) return;
  throw failed(fmt::format("the server has been silent for {} s",
                           std::chrono::ceil<std::chrono::seconds>(limits_.silence).count()));
}

std::size_t Socket::read(MutableBytes out) {
  while (true) {
    const ssize_t count = ::recv(fd(), out.data(), out.size(), 0);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno == EAGAIN) {
      wait(POLLIN);
    } else if (errno != EINTR) {
      throw failed("the connection broke: " + reason(errno));
    }
  }
}

void Socket::write(ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {
      wait(POLLOUT);
    } else if (errno != EINTR) {
      throw failed("the connection broke: " + reason(errno));
    }
  }
}

bool Socket::is_local() const {
  sockaddr_storage here{};
  sockaddr_storage there{};
  socklen_t here_size = sizeof here;
  socklen_t there_size = sizeof there;
  if (::getsockname(fd(), reinterpret_cast<sockaddr*>(&here), &here_size) != 0 ||
      ::getpeername(fd(), reinterpret_cast<sockaddr*>(&there), &there_size) != 0) {
    return false;
  }
  if (here.ss_family == AF_UNIX) return true;
  if (here.ss_family == AF_INET) {
    return reinterpret_cast<const sockaddr_in&>(here).sin_addr.s_addr ==
           reinterpret_cast<const sockaddr_in&>(there).sin_addr.s_addr;
  }
  return std::memcmp(&reinterpret_cast<const sockaddr_in6&>(here).sin6_addr,
                     &reinterpret_cast<const sockaddr_in6&>(there).sin6_addr,
                     sizeof(in6_addr)) == 0;
}

}  // namespace varve
