#include "store/ingest/workers.h"

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
  }
  tasks_.notify_all();
}

void Workers::drop(TaskGroup& group) {
  group.unfinished_ -= std::erase_if(queue_, [&](const Item& i) { return i.group == &group; });
  room_.notify_all();
}

void Workers::run(Item& item, WorkerTools& tools, std::unique_lock<std::mutex>& lock) {
  lock.unlock();
  std::exception_ptr failure;
  try {
    item.task(tools);
  } catch (...) {
    failure = std::current_exception();
  }
  item.task = nullptr;  // its captures go before the group is told
  lock.lock();
  --item.group->unfinished_;
  if (failure && !item.group->failure_) {
    item.group->failure_ = failure;
    drop(*item.group);
  }
}

void Workers::work(int compression_level) {
  WorkerTools tools(compression_level);
  std::unique_lock lock(mutex_);
  for (;;) {
    tasks_.wait(lock, [&] { return closing_ || !queue_.empty(); });
    if (closing_) return;
    Item item = std::move(queue_.front());
    queue_.pop_front();
    room_.notify_one();
    run(item, tools, lock);
    if (item.group->unfinished_ == 0) done_.notify_all();
  }
}

TaskGroup::~TaskGroup() {
  std::unique_lock lock(workers_.mutex_);
  workers_.drop(*this);
  workers_.done_.wait(lock, [&] { return unfinished_ == 0; });
}

void TaskGroup::rethrow() {
  if (failure_) std::rethrow_exception(failure_);
}

void TaskGroup::submit(Workers::Task task) {
  std::unique_lock lock(workers_.mutex_);
  workers_.room_.wait(lock,
                      [&] { return workers_.queue_.size() < workers_.queue_limit_ || failure_; });
  rethrow();
  workers_.queue_.push_back({this, std::move(task)});
  ++unfinished_;
  workers_.tasks_.notify_one();
}

void TaskGroup::drain() {
  std::unique_lock lock(workers_.mutex_);
  workers_.done_.wait(lock, [&] { return unfinished_ == 0; });
  rethrow();
}

}  // namespace varve
