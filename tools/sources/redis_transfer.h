// A server's data over the replication protocol: we pose as a replica that wants all of it.
//
//   REPLCONF rdb-only 1    no changes after it, and no help to make (Redis 7; others refuse: fine)
//   REPLCONF capa eof      the server may send what it makes, without a file of its own
//   PSYNC ? -1             everything; SYNC where that is not known or not allowed
//
// answered by "+FULLRESYNC ID OFFSET" (PSYNC), line ends as signs of life, and then either
// "$LENGTH" and as many bytes, or "$EOF:" with 40 bytes, which come once more after the last one.
// A server with `repl-diskless-sync-delay` (5 s by default) waits so long before it begins, in case
// other replicas come. It drops a replica that reads nothing for `repl-timeout` (60 s).
//
// hiredis cannot read the payload, and `redis-cli --rdb -` leaves the end mark in its output.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "store/core/time.h"
#include "tools/sources/redis_session.h"

namespace varve {

class RdbTransfer {
 public:
  // Returns when the first byte is under way: the server's data is that of this moment, or a little
  // earlier where the server writes a file first. Nothing where the server does not let us do
  // this; the session is as before then. The session must outlive the transfer.
  static std::optional<RdbTransfer> begin(RedisSession& session);

  // The whole payload; throws where it ends early. Afterwards the session is of no further use.
  void receive(const std::function<void(ByteView)>& take);

  // When the server took the data: it forks with its answer, before it has sent a byte.
  Timestamp moment() const { return moment_; }
  std::optional<std::uint64_t> size() const { return size_; }  // where the server knows it
  const std::string& replication_id() const { return replication_id_; }  // empty: not told
  const std::string& offset() const { return offset_; }

 private:
  explicit RdbTransfer(RedisSession& session) : session_(&session) {}
  bool ask(const std::vector<std::string>& command);
  void read_header(const std::string& line);
  void receive_sized(const std::function<void(ByteView)>& take);
  void receive_marked(const std::function<void(ByteView)>& take);
  std::size_t read(MutableBytes out);

  RedisSession* session_;
  Timestamp moment_;
  std::string replication_id_;
  std::string offset_;
  std::optional<std::uint64_t> size_;
  std::string end_mark_;        // empty where there is a size
  std::uint64_t received_ = 0;  // bytes
};

}  // namespace varve
