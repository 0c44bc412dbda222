// The bytes to and from a Redis server: a socket, in TLS where the address asks for it.
//
// Every Error names the server. Not thread-safe.
#pragma once

#include <memory>
#include <string>

#include "store/core/error.h"
#include "tools/sources/redis_uri.h"
#include "tools/sources/socket.h"
#include "tools/sources/tls_session.h"

namespace varve {

class RedisChannel {
 public:
  RedisChannel(const RedisAddress& address, const WaitLimits& limits);  // connects
  ~RedisChannel();
  RedisChannel(const RedisChannel&) = delete;
  RedisChannel& operator=(const RedisChannel&) = delete;

  void write(ByteView bytes);
  // Up to a line end, which is LF or CR LF and not part of it.
  std::string read_line();
  void read_exact(MutableBytes out);
  // What is there, at least one byte; 0: the server has closed.
  std::size_t read_some(MutableBytes out);

  bool is_local() const { return socket_->is_local(); }
  // "cannot ingest redis://…: WHY"
  Error error(const std::string& why) const;

 private:
  template <class Work>
  auto named(const Work& work) const;
  std::size_t receive(MutableBytes out);
  void refill();

  std::string place_;
  std::unique_ptr<Socket> socket_;   // the TLS session refers to it
  std::unique_ptr<TlsSession> tls_;  // none: plain
  Bytes buffer_;                     // received: from at_ to filled_
  std::size_t at_ = 0;
  std::size_t filled_ = 0;
};

}  // namespace varve
