// What a Redis server answers, in the protocol's second version (RESP2).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/sources/redis_channel.h"

namespace varve {

struct RedisReply {
  enum class Kind { status, error, integer, text, nothing, list };
  Kind kind = Kind::nothing;
  std::string text;  // of a status, an error ("NOAUTH Authentication required.") or a text
  std::int64_t integer = 0;
  std::vector<RedisReply> list;

  bool is_error() const { return kind == Kind::error; }
  bool is_error(std::string_view front) const { return is_error() && text.starts_with(front); }
};

// Throws a failed Error for what is no reply, or a larger one than any command here gets.
RedisReply read_reply(RedisChannel& channel);

// A command with its arguments, as a server takes it.
std::string encode_command(const std::vector<std::string>& words);

}  // namespace varve
