#include "tools/sources/redis_session.h"

#include <fmt/format.h>

#include <array>

#include "store/core/one_line.h"

namespace varve {
namespace {

struct Explanation {
  std::string_view front;  // of the error reply
  std::string_view words;  // with {user} and {advice}
};

constexpr std::string_view kPasswordAdvice =
    "set VARVE_REDIS_PASSWORD, or add ?password-file=PATH to the URI";

constexpr std::array kExplanations = {
    Explanation{"NOAUTH", "it wants a password: {advice}"},
    Explanation{"WRONGPASS", "wrong user name or password for {user}: {advice}"},
    Explanation{"ERR invalid password", "wrong password: {advice}"},
    Explanation{"NOPERM",
                "{user} may not do what a backup needs: ACL SETUSER {user} +psync +replconf +ping "
                "+info"},
    Explanation{"LOADING", "it is still loading its data: try again when it is up"},
    Explanation{"NOMASTERLINK",
                "it is a replica without a link to its master: mend that, or ingest the master"},
    Explanation{"MASTERDOWN",
                "it is a replica without a link to its master: mend that, or ingest the master"},
    Explanation{"DENIED",
                "it is in protected mode and answers this machine's loopback only: give it a "
                "password (requirepass, or an ACL user), or ingest from its own machine"},
    Explanation{"ERR BGSAVE failed",
                "it could not fork to take a snapshot, often for want of memory: see its log, and "
                "set vm.overcommit_memory = 1 there"},
    Explanation{"OOM", "it is out of memory (maxmemory): free some or raise the limit"},
    Explanation{"BUSY", "it is busy with a script: try again later"},
    Explanation{"ERR max number of clients",
                "it serves as many clients as it may (maxclients): close some or raise the limit"},
};

bool is_no_password_wanted(const RedisReply& reply) {
  return reply.is_error("ERR AUTH <password> called without any password") ||
         reply.is_error("ERR Client sent AUTH, but no password is set");
}

}  // namespace

RedisSession::RedisSession(const RedisAddress& address, const RedisLogin& login,
                           const WaitLimits& limits)
    : user_(login.user.empty() ? "default" : login.user), channel_(address, limits) {
  log_in(login);
  require({"PING"});
}

// A password that the server does not want is no fault: another server of the same ingest may.
void RedisSession::log_in(const RedisLogin& login) {
  if (login.user.empty() && !login.password) return;
  std::vector<std::string> words = {"AUTH"};
  if (!login.user.empty()) words.push_back(login.user);
  words.push_back(login.password.value_or(""));
  const RedisReply reply = call(words);
  if (reply.is_error() && !is_no_password_wanted(reply)) throw explain(reply);
}

RedisReply RedisSession::call(const std::vector<std::string>& words) {
  try {
    channel_.write(as_bytes(encode_command(words)));
  } catch (const Error& error) {
    if (error.code() == ErrorCode::interrupted) throw;
    // A server that turns us away says why before it closes.
    RedisReply last_words = read_reply(channel_);
    if (last_words.is_error()) return last_words;
    throw;
  }
  return read_reply(channel_);
}

RedisReply RedisSession::require(const std::vector<std::string>& words) {
  RedisReply reply = call(words);
  if (reply.is_error()) throw explain(reply);
  return reply;
}

std::optional<std::string> RedisSession::info() {
  RedisReply reply = call({"INFO"});
  if (reply.is_error("NOPERM")) return {};
  if (reply.is_error()) throw explain(reply);
  return std::move(reply.text);
}

Error RedisSession::explain(const RedisReply& error) const {
  for (const auto& [front, words] : kExplanations) {
    if (!error.is_error(front)) continue;
    return channel_.error(fmt::format(fmt::runtime(words), fmt::arg("user", one_line(user_)),
                                      fmt::arg("advice", kPasswordAdvice)));
  }
  return channel_.error("it says: " + one_line(error.text));
}

}  // namespace varve
