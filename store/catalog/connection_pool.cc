#include "store/catalog/connection_pool.h"

#include <utility>

namespace varve {

ConnectionPool::ConnectionPool(Path file) : file_(std::move(file)) {
  idle_.reserve(kMost);
  const Lease first = take();
}

ConnectionPool::Lease ConnectionPool::take() {
  std::unique_lock lock(mutex_);
  returned_.wait(lock, [&] { return lent_ < kMost; });
  ++lent_;
  if (!idle_.empty()) {
    std::unique_ptr<Connection> connection = std::move(idle_.back());
    idle_.pop_back();
    return {*this, std::move(connection)};
  }
  lock.unlock();
  try {
    return {*this, std::make_unique<Connection>(file_)};
  } catch (...) {
    give_back(nullptr);
    throw;
  }
}

void ConnectionPool::give_back(std::unique_ptr<Connection> connection) noexcept {
  if (connection && connection->is_alone()) connection.reset();  // lets the others in
  {
    const std::scoped_lock lock(mutex_);
    --lent_;
    if (connection) idle_.push_back(std::move(connection));
  }
  returned_.notify_one();
}

}  // namespace varve
