#include "tools/sources/redis_channel.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace varve {
namespace {

constexpr std::size_t kBuffer = 64u << 10;
constexpr std::size_t kLongestLine = 64u << 10;

}  // namespace

// Runs `work`; what fails there gets the server's name.
template <class Work>
auto RedisChannel::named(const Work& work) const {
  try {
    return work();
  } catch (const Error& fault) {
    if (fault.code() == ErrorCode::interrupted) throw;
    throw error(fault.what());
  }
}

RedisChannel::RedisChannel(const RedisAddress& address, const WaitLimits& limits)
    : place_(to_text(address)), buffer_(kBuffer) {
  named([&] {
    socket_ = std::make_unique<Socket>(address.socket.empty()
                                           ? Socket::connect(address.host, address.port, limits)
                                           : Socket::connect(address.socket, limits));
    if (!address.tls) return;
    const TlsFiles files{address.ca_file, address.certificate, address.key};
    socket_->set_silence(limits.connect);  // a server without TLS waits for more
    tls_ = std::make_unique<TlsSession>(*socket_, address.host, files);
    socket_->set_silence(limits.silence);
  });
}

RedisChannel::~RedisChannel() = default;

Error RedisChannel::error(const std::string& why) const {
  return {ErrorCode::failed, fmt::format("cannot ingest {}: {}", place_, why)};
}

void RedisChannel::write(ByteView bytes) {
  named([&] { tls_ ? tls_->write(bytes) : socket_->write(bytes); });
}

std::size_t RedisChannel::receive(MutableBytes out) {
  return named([&] { return tls_ ? tls_->read(out) : socket_->read(out); });
}

void RedisChannel::refill() {
  at_ = 0;
  filled_ = receive(buffer_);
  if (filled_ == 0) throw error("the server closed the connection");
}

std::string RedisChannel::read_line() {
  std::string line;
  while (true) {
    if (at_ == filled_) refill();
    const std::string_view rest = as_text(ByteView(buffer_).subspan(at_, filled_ - at_));
    const auto end = rest.find('\n');
    line += rest.substr(0, end);
    at_ += std::min(end, rest.size() - 1) + 1;
    if (end != std::string_view::npos) break;
    if (line.size() > kLongestLine) throw error("it answers in no way that Redis does");
  }
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

std::size_t RedisChannel::read_some(MutableBytes out) {
  if (at_ == filled_) return receive(out);
  const std::size_t count = std::min(out.size(), filled_ - at_);
  std::memcpy(out.data(), buffer_.data() + at_, count);
  at_ += count;
  return count;
}

void RedisChannel::read_exact(MutableBytes out) {
  while (!out.empty()) {
    const std::size_t count = read_some(out);
    if (count == 0) throw error("the server closed the connection");
    out = out.subspan(count);
  }
}

}  // namespace varve
