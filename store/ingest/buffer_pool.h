// Buffers of one size that are used again: a fresh one costs its pages' first touch, which for many
// small files is as much as reading them.
//
// Thread-safe. Keeps as many as were out at the same time; the queue of the workers bounds that.
#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include "store/core/bytes.h"

namespace varve {

class BufferPool {
 public:
  explicit BufferPool(std::size_t size) : size_(size) {}

  Bytes take() {
    {
      const std::lock_guard lock(mutex_);
      if (!free_.empty()) {
        Bytes buffer = std::move(free_.back());
        free_.pop_back();
        return buffer;
      }
    }
    return Bytes(size_);
  }
  void give_back(Bytes buffer) {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(buffer));
  }

 private:
  const std::size_t size_;
  std::mutex mutex_;  // guards the rest
  std::vector<Bytes> free_;
};

}  // namespace varve
