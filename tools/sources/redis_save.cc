#include "tools/sources/redis_save.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <condition_variable>
#include <mutex>

#include "tools/sources/redis_info.h"

namespace varve {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kNeeded =
    "it lets this user not replicate, so that the server's own file has to be read";

Error refused(const RedisSession& session, RedisChannel& channel, const RedisReply& reply,
              const std::string& what) {
  if (!reply.is_error("NOPERM") && !reply.is_error("ERR unknown command")) {
    return session.explain(reply);
  }
  return channel.error(fmt::format(
      "this user may neither replicate nor {}: ACL SETUSER USER +psync +replconf +ping +info",
      what));
}

std::string setting(RedisSession& session, const std::string& name) {
  const RedisReply reply = session.call({"CONFIG", "GET", name});
  if (reply.is_error()) {
    throw refused(session, session.channel(), reply, "ask where its file is (CONFIG GET)");
  }
  if (reply.list.size() == 2) return reply.list[1].text;
  throw session.channel().error(fmt::format("{}, and it does not say its {}", kNeeded, name));
}

Path file_of(RedisSession& session) {
  const Path folder = setting(session, "dir");
  return folder / setting(session, "dbfilename");
}

RedisInfo look(RedisSession& session) {
  const std::optional<std::string> text = session.info();
  if (text) return RedisInfo(*text);
  throw session.channel().error(
      "this user may neither replicate nor see how a save goes: ACL SETUSER USER +psync +replconf "
      "+ping +info");
}

// Ends when the time is over or a stop is asked for; true for the latter.
bool pause(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any waiting;
  std::unique_lock lock(mutex);
  return waiting.wait_for(lock, stop, time, [&] { return stop.stop_requested(); });
}

class Saving {
 public:
  Saving(RedisSession& session, const SavePatience& patience)
      : session_(session), patience_(patience), end_(Clock::now() + patience.limit) {}

  // Starts one. Where another runs that began before, or a rewrite of the append-only file, that is
  // waited for: its data would be older than the read point.
  void start() {
    while (true) {
      await_idle();
      const RedisReply reply = session_.call({"BGSAVE"});
      if (!reply.is_error()) return;
      const bool is_in_progress = reply.text.find("in progress") != std::string::npos ||
                                  reply.text.find("can't BGSAVE right now") != std::string::npos;
      if (!is_in_progress) {
        throw refused(session_, session_.channel(), reply, "take a snapshot (BGSAVE)");
      }
    }
  }

  // Until nothing is being saved or rewritten.
  RedisInfo await_idle() {
    while (true) {
      RedisInfo info = look(session_);
      if (info.field("rdb_bgsave_in_progress") != "1" &&
          info.field("aof_rewrite_in_progress") != "1") {
        return info;
      }
      if (Clock::now() >= end_) {
        throw session_.channel().error(
            fmt::format("its save did not end within {} s",
                        std::chrono::ceil<std::chrono::seconds>(patience_.limit).count()));
      }
      if (pause(patience_.between_looks, patience_.stop)) {
        throw Error(ErrorCode::interrupted, "interrupted");
      }
    }
  }

 private:
  RedisSession& session_;
  const SavePatience& patience_;
  Clock::time_point end_;
};

File open_to_read(const RedisChannel& channel, const Path& path) {
  try {
    return File::open_read(path);
  } catch (const Error& error) {
    throw channel.error(fmt::format("{}: {}", kNeeded, error.what()));
  }
}

// The server gives the finished file its name: whatever had it before is another file. That also
// tells this server's file from one of another that happens to have the same name here.
bool is_same_file(const struct stat& one, const struct stat& other) {
  return one.st_dev == other.st_dev && one.st_ino == other.st_ino &&
         one.st_ctim.tv_sec == other.st_ctim.tv_sec && one.st_ctim.tv_nsec == other.st_ctim.tv_nsec;
}

}  // namespace

SavedFile save_and_open(RedisSession& session, const SavePatience& patience) {
  RedisChannel& channel = session.channel();
  if (!channel.is_local()) {
    throw channel.error(
        "this user may not replicate, and the server is on another machine, so that its file "
        "cannot "
        "be read: ACL SETUSER USER +psync +replconf +ping +info");
  }
  const Path path = file_of(session);
  // Held open, so that its inode is not given to the new file.
  const std::optional<File> before = File::open_if_exists(path);
  Saving saving(session, patience);
  saving.start();
  const Timestamp moment = Timestamp::now();
  const RedisInfo after = saving.await_idle();
  if (after.field("rdb_last_bgsave_status") != "ok") {
    throw channel.error("its save failed: see its log, and the space in its folder");
  }
  File file = open_to_read(channel, path);
  if (before && is_same_file(before->status(), file.status())) {
    throw channel.error(
        fmt::format("it saved, but not into {}: that is another server's file", path.string()));
  }
  return {std::move(file), moment};
}

}  // namespace varve
