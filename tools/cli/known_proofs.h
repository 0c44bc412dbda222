// Proofs that hold for another snapshot too, as it has the very same bytes.
//
// A source that did not change is the same files with the same contents in many snapshots, stored
// once. To read them again for each would prove nothing more. What is taken over keeps the time of
// the proof, so that it ages with it, and names the snapshot that was read. Of two threads that
// come by the same content one proves it, and the other waits for what comes of that.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "store/snapshots/snapshot.h"

namespace varve::cli {

// Thread-safe.
class KnownProofs {
 public:
  // What was attested of this snapshot and passed, at `since` or later.
  void add(const Snapshot& snapshot, Timestamp since);
  // A new proof of it.
  void add(const Snapshot& snapshot, const Attestation& proof);

  // A proof of the level or a better one, which put these assertions: as an attestation of
  // `snapshot`, its taken_from set unless it is of that snapshot itself.
  std::optional<Attestation> find(const Snapshot& snapshot, std::uint32_t source,
                                  const std::string& level,
                                  const std::vector<std::string>& assertions) const;

  // The content of one source, in the hands of one thread until it is destroyed. KnownProofs must
  // outlive it.
  class Claim {
   public:
    ~Claim();
    Claim(Claim&& other) noexcept;
    Claim& operator=(Claim&&) = delete;

   private:
    friend class KnownProofs;
    Claim(KnownProofs& known, std::string content);
    KnownProofs* known_;  // null: moved away
    std::string content_;
  };
  // Waits while another thread has it. A thread that has one takes no other. Throws an interrupted
  // Error when `stop` asks for it.
  Claim claim(const Snapshot& snapshot, std::uint32_t source, const std::stop_token& stop);

 private:
  struct Known {
    std::string snapshot;  // its name
    Attestation proof;
  };

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable_any released_;
  std::map<std::string, std::vector<Known>> known_;  // by content
  std::set<std::string> claimed_;
};

}  // namespace varve::cli
