// The connections of one process to the catalog: opened when needed, at most a few, lent to one
// caller at a time. Thread-safe.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "store/catalog/connection.h"

namespace varve {

class ConnectionPool {
 public:
  // Opens the first connection, with the errors of Connection. `sharing`: normal or unchanging.
  ConnectionPool(Path file, Connection::Sharing sharing);

  // A connection for as long as this lives. It must not be asked for twice by one thread.
  class Lease {
   public:
    Lease(ConnectionPool& pool, std::unique_ptr<Connection> connection) noexcept
        : pool_(pool), connection_(std::move(connection)) {}
    ~Lease() { pool_.give_back(std::move(connection_)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Connection& operator*() const noexcept { return *connection_; }
    Connection* operator->() const noexcept { return connection_.get(); }

   private:
    ConnectionPool& pool_;
    std::unique_ptr<Connection> connection_;
  };

  // Waits while all are lent. On a full disk, where none can be opened beside others, it waits for
  // one that somebody gives back, or lends one that is alone, as the only one of this process.
  Lease take();
  const Path& file() const noexcept { return file_; }

 private:
  Lease take_on_full_disk();
  std::unique_ptr<Connection> take_idle();  // under mutex_
  void give_back(std::unique_ptr<Connection> connection) noexcept;
  void end_alone() noexcept;

  // Each has its page cache of up to 4 MiB; a lookup lasts microseconds.
  static constexpr std::size_t kMost = 4;

  const Path file_;
  const Connection::Sharing sharing_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Connection>> idle_;  // guarded by mutex_
  std::size_t lent_ = 0;  // guarded by mutex_; one that is alone counts as all
};

}  // namespace varve
