// The ingest's worker threads behind one bounded queue, and the groups that tasks come in.
//
// submit() waits while the queue is full: that bounds the ingest's memory. Each file that is
// stored has a group of its own, so that many threads can feed the same workers: one waits for
// its own tasks only, and what fails in one group ends nothing in another.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "store/transform/codec.h"

namespace varve {

// What each worker thread has for itself.
struct WorkerTools {
  explicit WorkerTools(int compression_level) : compressor(compression_level) {}
  Compressor compressor;
  Decompressor decompressor;
};

class TaskGroup;

// Thread-safe.
class Workers {
 public:
  using Task = std::function<void(WorkerTools&)>;

  Workers(unsigned threads, std::size_t queue_limit, int compression_level);
  ~Workers();  // no group may be left
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

 private:
  friend class TaskGroup;
  struct Item {
    TaskGroup* group = nullptr;
    Task task;
  };
  void work(int compression_level);
  void run(Item& item, WorkerTools& tools, std::unique_lock<std::mutex>& lock);
  void drop(TaskGroup& group);  // what is queued of it; mutex_ is held

  const std::size_t queue_limit_;
  std::mutex mutex_;  // guards all below, and the members of the groups
  std::condition_variable room_;
  std::condition_variable done_;
  std::condition_variable tasks_;
  std::deque<Item> queue_;
  bool closing_ = false;
  std::vector<std::jthread> threads_;
};

// Tasks that end together. One thread at a time submits and drains.
class TaskGroup {
 public:
  explicit TaskGroup(Workers& workers) : workers_(workers) {}
  // Drops what is queued and waits for what runs: afterwards no task touches anything.
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  // Both throw the first exception of a task of this group; what was queued then is dropped.
  void submit(Workers::Task task);
  void drain();  // returns when all submitted tasks are done

 private:
  friend class Workers;
  void rethrow();  // the mutex is held

  Workers& workers_;
  std::size_t unfinished_ = 0;  // queued or running
  std::exception_ptr failure_;
};

}  // namespace varve
