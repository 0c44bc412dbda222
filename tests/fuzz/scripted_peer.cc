#include "tests/fuzz/scripted_peer.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "tests/fuzz/expect.h"

namespace varve::fuzz {
namespace {

void speak(const File& peer, ByteView words) {
  for (ByteView rest = words; !rest.empty();) {
    const ssize_t count = ::send(peer.fd(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (count <= 0) return;  // it has heard enough
    rest = rest.subspan(static_cast<std::size_t>(count));
  }
  ::shutdown(peer.fd(), SHUT_WR);
}

}  // namespace

ScriptedPeer::ScriptedPeer()
    : path_(std::filesystem::temp_directory_path() / fmt::format("varve-peer-{}", ::getpid())),
      socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), path_) {
  ::unlink(path_.c_str());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  must(path_.native().size() < sizeof address.sun_path, "the temporary folder's path is too long");
  std::memcpy(address.sun_path, path_.c_str(), path_.native().size());
  const auto* const place = reinterpret_cast<const sockaddr*>(&address);
  must(::bind(socket_.fd(), place, sizeof address) == 0, "no socket");
  must(::listen(socket_.fd(), 4) == 0, "no socket");
  thread_ = std::jthread([this] { serve(); });
}

ScriptedPeer::~ScriptedPeer() {
  ::shutdown(socket_.fd(), SHUT_RDWR);  // ends accept()
  ::unlink(path_.c_str());
}

void ScriptedPeer::say(ByteView words) {
  const std::lock_guard lock(mutex_);
  words_.assign(words.begin(), words.end());
}

void ScriptedPeer::serve() {
  while (true) {
    const File peer(::accept4(socket_.fd(), nullptr, nullptr, SOCK_CLOEXEC), path_);
    if (!peer) return;
    Bytes words;
    {
      const std::lock_guard lock(mutex_);
      words = words_;
    }
    speak(peer, words);
    std::array<char, 4096> ignored{};
    while (::read(peer.fd(), ignored.data(), ignored.size()) > 0) continue;
  }
}

}  // namespace varve::fuzz
