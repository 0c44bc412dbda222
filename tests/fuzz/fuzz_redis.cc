#include <algorithm>
#include <span>

#include "tests/fuzz/expect.h"
#include "tests/fuzz/scripted_peer.h"
#include "tests/fuzz/targets.h"
#include "tools/sources/rdb_check.h"
#include "tools/sources/redis_info.h"
#include "tools/sources/redis_session.h"
#include "tools/sources/redis_transfer.h"

namespace varve::fuzz {
namespace {

constexpr std::size_t kMost = 64u << 10;  // bytes, that fit into a socket's buffer

RedisAddress tell(ByteView words) {
  static ScriptedPeer peer;
  peer.say(words);
  RedisAddress address;
  address.socket = peer.path();
  return address;
}

void read_replies(ByteView words) {
  RedisChannel channel(tell(words), WaitLimits{});
  while (true) read_reply(channel);  // to the end, which is an Error
}

void transfer(ByteView words) {
  RedisSession session(tell(words), RedisLogin{}, WaitLimits{});
  auto rdb = RdbTransfer::begin(session);
  if (!rdb) return;
  RdbCheck check;
  rdb->receive([&](ByteView piece) { check.update(piece); });
  check.fault();
}

void look_into(ByteView bytes) {
  RdbCheck whole;
  whole.update(bytes);
  RdbCheck bytewise;
  for (std::size_t i = 0; i < bytes.size(); ++i) bytewise.update(bytes.subspan(i, 1));
  must(whole.fault() == bytewise.fault(), "a check depends on how the bytes come");
  const RedisInfo info(as_text(bytes));
  info.facts();
  info.warnings();
  info.fingerprint();
}

}  // namespace

void redis(ByteView input) {
  const ByteView words = input.first(std::min(input.size(), kMost));
  answer([&] { read_replies(words); });
  answer([&] { transfer(words); });
  look_into(words);
}

}  // namespace varve::fuzz
