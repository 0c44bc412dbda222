#include "tools/sources/redis_reply.h"

#include <fmt/format.h>

#include <charconv>

namespace varve {
namespace {

constexpr std::int64_t kLongestText = 16 << 20;
constexpr std::int64_t kLongestList = 1024;
constexpr int kDeepest = 4;
// Bytes of one reply, lists and all, with what each part of it takes in memory.
constexpr std::int64_t kLargestReply = 64 << 20;

Error no_reply(const RedisChannel& channel) {
  return channel.error("what answers there is no Redis server");
}

std::int64_t number_in(const RedisChannel& channel, std::string_view text) {
  std::int64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size()) throw no_reply(channel);
  return value;
}

// What is left of kLargestReply.
void spend(const RedisChannel& channel, std::int64_t bytes, std::int64_t& left) {
  left -= bytes + static_cast<std::int64_t>(sizeof(RedisReply));
  if (left < 0) throw no_reply(channel);
}

RedisReply read_text(RedisChannel& channel, std::int64_t length) {
  RedisReply reply;
  if (length < 0) return reply;
  if (length > kLongestText) throw no_reply(channel);
  reply.kind = RedisReply::Kind::text;
  reply.text.resize(static_cast<std::size_t>(length));
  channel.read_exact(std::as_writable_bytes(std::span(reply.text)));
  if (!channel.read_line().empty()) throw no_reply(channel);
  return reply;
}

RedisReply read_reply(RedisChannel& channel, int depth, std::int64_t& left) {
  const std::string line = channel.read_line();
  if (line.empty()) throw no_reply(channel);
  const std::string rest = line.substr(1);
  spend(channel, static_cast<std::int64_t>(line.size()), left);
  RedisReply reply;
  switch (line.front()) {
    case '+':
      reply.kind = RedisReply::Kind::status;
      reply.text = rest;
      return reply;
    case '-':
      reply.kind = RedisReply::Kind::error;
      reply.text = rest;
      return reply;
    case ':':
      reply.kind = RedisReply::Kind::integer;
      reply.integer = number_in(channel, rest);
      return reply;
    case '$': {
      const std::int64_t length = number_in(channel, rest);
      if (length > 0) spend(channel, length, left);
      return read_text(channel, length);
    }
    case '*': {
      const std::int64_t count = number_in(channel, rest);
      if (count > kLongestList || depth == kDeepest) throw no_reply(channel);
      reply.kind = RedisReply::Kind::list;
      for (std::int64_t i = 0; i < count; ++i) {
        reply.list.push_back(read_reply(channel, depth + 1, left));
      }
      return reply;
    }
    default:
      throw no_reply(channel);
  }
}

}  // namespace

RedisReply read_reply(RedisChannel& channel) {
  std::int64_t left = kLargestReply;
  return read_reply(channel, 0, left);
}

std::string encode_command(const std::vector<std::string>& words) {
  std::string out = fmt::format("*{}\r\n", words.size());
  for (const std::string& word : words) out += fmt::format("${}\r\n{}\r\n", word.size(), word);
  return out;
}

}  // namespace varve
