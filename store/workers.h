// The ingest's worker threads behind one bounded queue.
//
// submit() waits while the queue is full: that bounds the ingest's memory. The first exception of
// a task stops the rest and is thrown by the next submit() or by drain(). One thread submits.
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

class Workers {
 public:
  using Task = std::function<void(WorkerTools&)>;

  Workers(unsigned threads, std::size_t queue_limit, int compression_level);
  ~Workers();  // drops what is queued
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  void submit(Task task);
  void drain();  // returns when all submitted tasks are done
  // Drops what is queued and waits for what runs: afterwards no task touches anything.
  void cancel() noexcept;

 private:
  void work(int compression_level);
  void rethrow();  // mutex_ is held

  const std::size_t queue_limit_;
  std::mutex mutex_;  // guards all below
  std::condition_variable room_;
  std::condition_variable tasks_;
  std::deque<Task> queue_;
  std::size_t running_ = 0;
  bool closing_ = false;
  std::exception_ptr failure_;
  std::vector<std::jthread> threads_;
};

}  // namespace varve
