#include "store/workers.h"

#include <utility>

namespace varve {

Workers::Workers(unsigned threads, std::size_t queue_limit, int compression_level)
    : queue_limit_(queue_limit) {
  for (unsigned i = 0; i < threads; ++i) {
    threads_.emplace_back([this, compression_level] { work(compression_level); });
  }
}

Workers::~Workers() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    queue_.clear();
  }
  tasks_.notify_all();
}

void Workers::rethrow() {
  if (failure_) std::rethrow_exception(failure_);
}

void Workers::submit(Task task) {
  std::unique_lock lock(mutex_);
  room_.wait(lock, [&] { return queue_.size() < queue_limit_ || failure_; });
  rethrow();
  queue_.push_back(std::move(task));
  tasks_.notify_one();
}

void Workers::drain() {
  std::unique_lock lock(mutex_);
  room_.wait(lock, [&] { return queue_.empty() && running_ == 0; });
  rethrow();
}

void Workers::cancel() noexcept {
  std::unique_lock lock(mutex_);
  queue_.clear();
  room_.wait(lock, [&] { return running_ == 0; });
}

void Workers::work(int compression_level) {
  WorkerTools tools(compression_level);
  std::unique_lock lock(mutex_);
  for (;;) {
    tasks_.wait(lock, [&] { return closing_ || !queue_.empty(); });
    if (closing_) return;
    Task task = std::move(queue_.front());
    queue_.pop_front();
    ++running_;
    lock.unlock();
    std::exception_ptr failure;
    try {
      task(tools);
    } catch (...) {
      failure = std::current_exception();
    }
    task = nullptr;  // its captures go before the queue is said to be empty
    lock.lock();
    --running_;
    if (failure && !failure_) {
      failure_ = failure;
      queue_.clear();
    }
    room_.notify_all();
  }
}

}  // namespace varve
