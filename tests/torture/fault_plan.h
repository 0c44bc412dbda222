// What becomes of the calls of a program under the fault layer, by the environment that
// fault_layer.cc tells of; and the trace of them. Header only, as the layer is linked with nothing.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "tests/torture/file_trace.h"

namespace varve::torture {

enum class Verdict { pass, fail, half, little, half_then_die };

// Of a write of `size` bytes as many are done.
inline std::size_t allowed(Verdict verdict, std::size_t size) {
  constexpr std::size_t kLittle = 1000;  // no block's size, nor a part of one
  if (verdict == Verdict::pass) return size;
  return verdict == Verdict::little ? std::min(size, kLittle) : (size + 1) / 2;
}

inline std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

class Layer {
 public:
  static Layer& instance() {
    static Layer* const layer = new Layer;  // never destroyed: files are closed by exit handlers
    return *layer;
  }

  bool watches(std::string_view path) const {
    return std::any_of(under_.begin(), under_.end(), [&](const std::string& folder) {
      return path.starts_with(folder) &&
             (path.size() == folder.size() || path[folder.size()] == '/');
    });
  }

  // What is to become of this call on a watched file. Dies here where it is to die before it.
  Verdict next(bool is_write) {
    const std::uint64_t number = counter_->fetch_add(1) + 1;
    if (at_ == 0 || number < at_ || (number > at_ && !sticky_)) return Verdict::pass;
    if (kind_ == "kill" || (kind_ == "torn" && !is_write)) die();
    if (kind_ == "torn") return Verdict::half_then_die;
    if (kind_ == "short" && !is_write) return Verdict::pass;
    if (kind_ == "short") return sticky_ ? Verdict::little : Verdict::half;
    return Verdict::fail;
  }

  int fault() const {
    if (kind_ == "ENOSPC") return ENOSPC;
    return kind_ == "EINTR" ? EINTR : EIO;
  }

  [[noreturn]] static void die() {
    ::syscall(SYS_kill, ::getpid(), SIGKILL);
    while (true) ::pause();
  }

  bool traces() const { return trace_ >= 0; }
  // Held over a call and its record, so that records stand in the order in which things were done.
  std::unique_lock<std::mutex> in_order() {
    return traces() ? std::unique_lock(mutex_) : std::unique_lock<std::mutex>();
  }
  void trace(const TraceRecord& record) const {
    const std::string bytes = encode(record);
    if (traces()) ::syscall(SYS_write, trace_, bytes.data(), bytes.size());
  }

 private:
  Layer()
      : at_(std::strtoull(variable("VARVE_FAULT_AT").c_str(), nullptr, 10)),
        kind_(variable("VARVE_FAULT_KIND")),
        sticky_(!variable("VARVE_FAULT_STICKY").empty()) {
    const std::string under = variable("VARVE_FAULT_UNDER");
    for (std::size_t from = 0; from < under.size();) {
      const std::size_t to = std::min(under.find(':', from), under.size());
      under_.push_back(under.substr(from, to - from));
      from = to + 1;
    }
    share_counter(variable("VARVE_FAULT_COUNT"));
    const std::string trace = variable("VARVE_FAULT_TRACE");
    if (!trace.empty()) trace_ = open_file(trace, O_WRONLY | O_APPEND);
  }

  static int open_file(const std::string& path, int flags) {
    return static_cast<int>(
        ::syscall(SYS_openat, AT_FDCWD, path.c_str(), flags | O_CREAT | O_CLOEXEC, 0600));
  }

  void share_counter(const std::string& path) {
    if (path.empty()) return;
    const int fd = open_file(path, O_RDWR);
    if (::syscall(SYS_ftruncate, fd, sizeof *counter_) != 0) return;
    void* const memory =
        ::mmap(nullptr, sizeof *counter_, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory != MAP_FAILED) counter_ = static_cast<std::atomic<std::uint64_t>*>(memory);
    ::syscall(SYS_close, fd);
  }

  std::vector<std::string> under_;
  const std::uint64_t at_;
  const std::string kind_;
  const bool sticky_;
  std::atomic<std::uint64_t> own_counter_ = 0;
  std::atomic<std::uint64_t>* counter_ = &own_counter_;
  int trace_ = -1;
  std::mutex mutex_;
};

}  // namespace varve::torture
