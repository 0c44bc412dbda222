#include "store/catalog/connection_pool.h"

#include <utility>

#include "store/core/error.h"

namespace varve {

ConnectionPool::ConnectionPool(Path file, Connection::Sharing sharing)
    : file_(std::move(file)), sharing_(sharing) {
  idle_.reserve(kMost);
  const Lease first = take();
}

ConnectionPool::Lease ConnectionPool::take() {
  std::unique_lock lock(mutex_);
  returned_.wait(lock, [&] { return lent_ < kMost; });
  ++lent_;
  if (!idle_.empty()) return {*this, take_idle()};
  lock.unlock();
  try {
    return {*this, std::make_unique<Connection>(file_, sharing_)};
  } catch (const Error& error) {
    give_back(nullptr);
    if (error.code() != ErrorCode::no_space) throw;
  } catch (...) {
    give_back(nullptr);
    throw;
  }
  return take_on_full_disk();
}

// Sharing a catalog takes a small file beside it. On a full disk there is no room for that, but
// reading must work, and so must gc.
ConnectionPool::Lease ConnectionPool::take_on_full_disk() {
  std::unique_lock lock(mutex_);
  returned_.wait(lock, [&] { return lent_ == 0 || (!idle_.empty() && lent_ < kMost); });
  if (!idle_.empty()) {
    ++lent_;
    return {*this, take_idle()};
  }
  lent_ = kMost;
  lock.unlock();
  try {
    return {*this, std::make_unique<Connection>(file_, Connection::Sharing::alone)};
  } catch (...) {
    end_alone();
    throw;
  }
}

std::unique_ptr<Connection> ConnectionPool::take_idle() {
  std::unique_ptr<Connection> connection = std::move(idle_.back());
  idle_.pop_back();
  return connection;
}

void ConnectionPool::give_back(std::unique_ptr<Connection> connection) noexcept {
  if (connection && connection->is_alone()) {
    connection.reset();  // lets the others in
    return end_alone();
  }
  {
    const std::scoped_lock lock(mutex_);
    --lent_;
    if (connection) idle_.push_back(std::move(connection));
  }
  returned_.notify_all();
}

void ConnectionPool::end_alone() noexcept {
  {
    const std::scoped_lock lock(mutex_);
    lent_ = 0;
  }
  returned_.notify_all();
}

}  // namespace varve
