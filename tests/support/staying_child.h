// A second process for a test: does something, says when it has, and stays until it is killed.
//
// SQLite's locks belong to processes, so what another program does to a database can only be
// shown by another process.
#pragma once

#include <array>
#include <functional>
#include <stdexcept>
#include <string>

#include "tests/support/child.h"

namespace varve {

class StayingChild {
 public:
  // Returns when `work` has returned in the child, which then waits for its end. What `work`
  // throws becomes an exception here.
  explicit StayingChild(const std::function<std::string()>& work)
      : child_([this, &work]() -> int { stay(work); }) {
    ::close(pipe_.in);
    std::array<char, 4096> text{};
    for (ssize_t count = 0; (count = ::read(pipe_.out, text.data(), text.size())) > 0;) {
      said_.append(text.data(), static_cast<std::size_t>(count));
      if (said_.find('\0') != std::string::npos) break;
    }
    ::close(pipe_.out);
    if (said_.empty() || said_.front() != '+') {
      child_.kill();
      throw std::runtime_error(said_);
    }
    said_ = said_.substr(1, said_.size() - 2);
  }
  ~StayingChild() { kill(); }
  StayingChild(const StayingChild&) = delete;
  StayingChild& operator=(const StayingChild&) = delete;

  // What `work` returned.
  const std::string& said() const { return said_; }

  void kill() { child_.kill(); }

 private:
  struct Pipe {
    Pipe() {
      std::array<int, 2> ends{};
      if (::pipe(ends.data()) != 0) throw std::runtime_error("no pipe");
      out = ends[0];
      in = ends[1];
    }
    int out = -1;
    int in = -1;
  };

  // Nothing of the child's is closed or destroyed at its end: it dies as a crashed program does.
  [[noreturn]] void stay(const std::function<std::string()>& work) const {
    try {
      tell(std::string("+").append(work()));
    } catch (const std::exception& error) {
      tell(std::string("-").append(error.what()));
    }
    for (;;) ::pause();
  }
  void tell(const std::string& text) const {
    if (::write(pipe_.in, text.c_str(), text.size() + 1) < 0) ::_exit(1);
  }

  const Pipe pipe_;
  Child child_;
  std::string said_;
};

}  // namespace varve
