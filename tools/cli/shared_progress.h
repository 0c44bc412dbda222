// The progress of things that are done side by side, as one.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace varve::cli {

class SharedProgress {
 public:
  // Of all together; one call at a time.
  using Show = std::function<void(std::uint64_t done, std::uint64_t all)>;

  SharedProgress(std::size_t parts, Show show) : parts_(parts), show_(std::move(show)) {}

  void show(std::size_t part, std::uint64_t done, std::uint64_t all) {
    if (!show_) return;
    const std::lock_guard lock(mutex_);
    parts_[part] = {done, all};
    Part sum;
    for (const Part& one : parts_) sum = {sum.done + one.done, sum.all + one.all};
    show_(sum.done, sum.all);
  }

 private:
  struct Part {
    std::uint64_t done = 0;
    std::uint64_t all = 0;
  };
  std::mutex mutex_;  // guards the rest; the callback runs under it
  std::vector<Part> parts_;
  Show show_;
};

}  // namespace varve::cli
