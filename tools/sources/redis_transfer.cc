#include "tools/sources/redis_transfer.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "store/core/one_line.h"

namespace varve {
namespace {

constexpr std::size_t kMarkSize = 40;
constexpr std::size_t kWindow = 256u << 10;
constexpr std::string_view kEofFront = "$EOF:";
constexpr std::string_view kFullResync = "+FULLRESYNC ";

bool is_refusal(const RedisReply& reply) {
  return reply.is_error("NOPERM") || reply.is_error("ERR unknown command");
}

// The next line that is more than a sign of life.
std::string next_line(RedisChannel& channel) {
  std::string line;
  while (line.empty()) line = channel.read_line();
  return line;
}

}  // namespace

std::optional<RdbTransfer> RdbTransfer::begin(RedisSession& session) {
  for (const auto& [name, value] : {std::pair{"rdb-only", "1"}, std::pair{"capa", "eof"}}) {
    const RedisReply reply = session.call({"REPLCONF", name, value});
    const bool is_known = !reply.is_error("ERR");  // an old server: goes without
    if (reply.is_error() && is_known && !is_refusal(reply)) throw session.explain(reply);
  }
  RdbTransfer transfer(session);
  if (transfer.ask({"PSYNC", "?", "-1"}) || transfer.ask({"SYNC"})) return transfer;
  return {};
}

// False where the server does not let us.
bool RdbTransfer::ask(const std::vector<std::string>& command) {
  RedisChannel& channel = session_->channel();
  channel.write(as_bytes(encode_command(command)));
  moment_ = Timestamp::now();
  std::string line = next_line(channel);
  if (line.starts_with(kFullResync)) {
    moment_ = Timestamp::now();
    const std::string rest = line.substr(kFullResync.size());
    const auto blank = rest.find(' ');
    replication_id_ = one_line(rest.substr(0, blank));
    if (blank != std::string::npos) offset_ = one_line(rest.substr(blank + 1));
    line = next_line(channel);
  }
  if (line.front() == '-') {
    RedisReply reply;
    reply.kind = RedisReply::Kind::error;
    reply.text = line.substr(1);
    if (is_refusal(reply)) return false;
    throw session_->explain(reply);
  }
  read_header(line);
  return true;
}

void RdbTransfer::read_header(const std::string& line) {
  if (line.starts_with(kEofFront) && line.size() == kEofFront.size() + kMarkSize) {
    end_mark_ = line.substr(kEofFront.size());
    return;
  }
  std::uint64_t size = 0;
  const char* const end = line.data() + line.size();
  if (line.front() == '$' && line.size() > 1) {
    const auto [stop, fault] = std::from_chars(line.data() + 1, end, size);
    if (fault == std::errc() && stop == end) {
      size_ = size;
      return;
    }
  }
  throw session_->channel().error(
      fmt::format("it begins the transfer with '{}', which is not understood", one_line(line, 60)));
}

void RdbTransfer::receive(const std::function<void(ByteView)>& take) {
  size_ ? receive_sized(take) : receive_marked(take);
}

std::size_t RdbTransfer::read(MutableBytes out) {
  const std::size_t count = session_->channel().read_some(out);
  received_ += count;
  if (count > 0) return count;
  throw session_->channel().error(
      fmt::format("the server broke the transfer off after {} bytes: see its log; it may have been "
                  "stopped, or out of memory or disk space",
                  received_));
}

void RdbTransfer::receive_sized(const std::function<void(ByteView)>& take) {
  Bytes window(kWindow);
  for (std::uint64_t left = *size_; left > 0;) {
    const auto room = MutableBytes(window).first(std::min<std::uint64_t>(window.size(), left));
    const std::size_t count = read(room);
    take(room.first(count));
    left -= count;
  }
}

// What has come last may be the mark, so that much is held back.
void RdbTransfer::receive_marked(const std::function<void(ByteView)>& take) {
  Bytes window(kWindow);
  std::size_t filled = 0;
  while (true) {
    filled += read(MutableBytes(window).subspan(filled));
    if (filled < kMarkSize) continue;
    const std::size_t ready = filled - kMarkSize;
    const ByteView last = ByteView(window).subspan(ready, kMarkSize);
    if (ready > 0) take(ByteView(window).first(ready));
    if (as_text(last) == end_mark_) return;
    std::memmove(window.data(), last.data(), kMarkSize);
    filled = kMarkSize;
  }
}

}  // namespace varve
