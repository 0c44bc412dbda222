// A server that says what it was told to, whatever it is asked, and hangs up.
#pragma once

#include <mutex>
#include <thread>

#include "store/core/file.h"

namespace varve::fuzz {

// On a unix socket, served by a thread of its own, one connection after the other.
class ScriptedPeer {
 public:
  ScriptedPeer();
  ~ScriptedPeer();
  ScriptedPeer(const ScriptedPeer&) = delete;
  ScriptedPeer& operator=(const ScriptedPeer&) = delete;

  const Path& path() const noexcept { return path_; }
  // To whoever connects from here on.
  void say(ByteView words);

 private:
  void serve();

  const Path path_;
  File socket_;
  std::mutex mutex_;  // guards words_
  Bytes words_;
  std::jthread thread_;
};

}  // namespace varve::fuzz
