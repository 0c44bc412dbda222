#include "tests/support/postgres_proxy.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace varve {
namespace {

using namespace std::literals;

constexpr const char* kSocket = ".s.PGSQL.5432";
constexpr std::size_t kLength = 4;  // bytes of a message's length, which counts itself

// ErrorResponse with the SQLSTATE connection_failure, ReadyForQuery.
constexpr std::string_view kBroken =
    "E\0\0\0\x29SERROR\0C08006\0Mserver conn crashed?\0\0Z\0\0\0\5I"sv;

sockaddr_un address_of(const std::filesystem::path& folder) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (folder / kSocket).native().copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

int new_socket() { return ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0); }

bool read_exact(int fd, char* out, std::size_t size) {
  while (size > 0) {
    const ssize_t count = ::read(fd, out, size);
    if (count <= 0) return false;
    out += count;
    size -= static_cast<std::size_t>(count);
  }
  return true;
}

bool send_all(int fd, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t count = ::send(fd, data, size, MSG_NOSIGNAL);
    if (count <= 0) return false;
    data += count;
    size -= static_cast<std::size_t>(count);
  }
  return true;
}

// With its letter, which the first of a connection has not.
bool read_message(int fd, bool is_first, std::string& message) {
  message.assign((is_first ? 0 : 1) + kLength, '\0');
  if (!read_exact(fd, message.data(), message.size())) return false;
  std::uint32_t length = 0;
  std::memcpy(&length, message.data() + message.size() - kLength, kLength);
  const std::size_t head = message.size();
  message.resize(head + ntohl(length) - kLength);
  return read_exact(fd, message.data() + head, message.size() - head);
}

}  // namespace

PostgresProxy::PostgresProxy(const std::filesystem::path& socket_folder, std::string mark, Cut cut,
                             std::function<void()> before_commit)
    : server_(socket_folder),
      mark_(std::move(mark)),
      cut_(cut),
      before_commit_(std::move(before_commit)),
      listener_(new_socket()) {
  const sockaddr_un address = address_of(folder_.path());
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener_, 8) != 0) {
    throw std::runtime_error("cannot listen in " + folder_.path().native());
  }
  listening_ = std::jthread([this] { listen(); });
}

PostgresProxy::~PostgresProxy() {
  ::shutdown(listener_, SHUT_RDWR);
  listening_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  threads_.clear();
  for (const int fd : open_) ::close(fd);
  ::close(listener_);
}

std::string PostgresProxy::uri(const std::string& database) const {
  return fmt::format("postgresql://postgres@/{}?host={}", database, folder_.path().native());
}

void PostgresProxy::listen() {
  while (true) {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    const int server = new_socket();
    const sockaddr_un address = address_of(server_);
    {
      const std::lock_guard lock(mutex_);
      open_.insert(open_.end(), {client, server});
    }
    if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      ::shutdown(client, SHUT_RDWR);
      continue;
    }
    threads_.emplace_back([this, client, server] { serve(client, server); });
  }
}

void PostgresProxy::serve(int client, int server) {
  bool is_marked = false;
  bool is_first = true;
  while (true) {
    std::array<pollfd, 2> waiting = {pollfd{client, POLLIN, 0}, pollfd{server, POLLIN, 0}};
    if (::poll(waiting.data(), waiting.size(), -1) < 0) break;
    if (waiting[1].revents != 0) {
      std::array<char, 65536> buffer{};
      const ssize_t count = ::read(server, buffer.data(), buffer.size());
      if (count <= 0 || !send_all(client, buffer.data(), static_cast<std::size_t>(count))) break;
    } else if (!pass_message(client, server, is_marked, is_first)) {
      break;
    }
  }
  ::shutdown(client, SHUT_RDWR);
  ::shutdown(server, SHUT_RDWR);
}

bool PostgresProxy::pass_message(int client, int server, bool& is_marked, bool& is_first) {
  std::string message;
  if (!read_message(client, is_first, message)) return false;
  is_first = false;
  is_marked = is_marked || message.find(mark_) != std::string::npos;
  // Alone, or at the end of several statements.
  const bool is_commit = message.find("COMMIT") == 1 + kLength || message.ends_with("COMMIT\0"s);
  if (is_marked && is_commit && !has_cut_) {
    cut_at_commit(client, server, message);
    return false;
  }
  return send_all(server, message.data(), message.size());
}

void PostgresProxy::cut_at_commit(int client, int server, const std::string& message) {
  before_commit_();
  has_cut_ = true;
  if (cut_ == Cut::after_for_good) {
    std::filesystem::remove(folder_ / kSocket);
    ::shutdown(listener_, SHUT_RDWR);
  }
  if (cut_ == Cut::before || !send_all(server, message.data(), message.size())) return;
  if (cut_ == Cut::while_at_work) return;
  char answer = 0;
  read_exact(server, &answer, 1);  // then it is done
  if (cut_ == Cut::after_with_word) send_all(client, kBroken.data(), kBroken.size());
}

}  // namespace varve
