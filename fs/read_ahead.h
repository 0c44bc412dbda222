// Reading ahead: chunks that a sequential reader will want next, decoded on other threads.
//
// What is decoded goes into the ChunkReader's cache, where the reader finds it. A guess that
// comes too late or for nothing costs time, never correctness: the queue is bounded and drops.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "store/read/file_reader.h"

namespace varve {

struct ByteRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// Where one open file is being read. Thread-safe: the kernel sends a reader's requests to
// several threads at once, and a little out of order.
class ReadPattern {
 public:
  // `window` bytes ahead of the reader, at most.
  explicit ReadPattern(std::uint64_t window) : window_(window) {}

  // Notes a read; returns what is worth decoding now, if anything.
  std::optional<ByteRange> note(std::uint64_t offset, std::uint64_t length);

 private:
  const std::uint64_t window_;
  std::mutex mutex_;             // guards what follows
  std::uint64_t expected_ = 0;   // where the next read of a sequential reader begins
  std::uint64_t streak_ = 0;     // bytes read in sequence so far
  std::uint64_t requested_ = 0;  // decoded or being decoded up to here
};

// The threads. They begin with the first request. Thread-safe.
class ReadAhead {
 public:
  explicit ReadAhead(unsigned threads);
  ~ReadAhead();

  void request(const std::shared_ptr<FileReader>& file, ByteRange range);

 private:
  struct Task {
    std::shared_ptr<FileReader> file;
    ByteRange range;
  };
  void start_threads();
  void work(const std::stop_token& stop);

  const unsigned thread_count_;
  std::mutex mutex_;  // guards tasks_ and threads_
  std::condition_variable_any wake_;
  std::deque<Task> tasks_;
  std::vector<std::jthread> threads_;
};

}  // namespace varve
