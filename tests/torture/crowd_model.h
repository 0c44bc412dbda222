// The crowd's model: what the commands have said so far. Thread-safe, but for its end.
#pragma once

#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>

namespace varve::torture {

// Names are never used twice: each ingest has its own second.
class CrowdModel {
 public:
  void stored(const std::string& name, std::string bytes) {
    const std::lock_guard lock(mutex_);
    known_[name] = std::move(bytes);
  }
  // One that nobody else is about to forget; from now on it may be there or not.
  std::optional<std::string> take_one(std::mt19937_64& random) {
    const std::lock_guard lock(mutex_);
    if (known_.size() < 4) return std::nullopt;
    const auto found = any(random);
    std::string name = found->first;
    going_.insert(known_.extract(found));
    return name;
  }
  void forgotten(const std::string& name) {
    const std::lock_guard lock(mutex_);
    going_.erase(name);
    gone_.insert(name);
  }
  // It is there after all.
  void kept(const std::string& name) {
    const std::lock_guard lock(mutex_);
    known_.insert(going_.extract(name));
  }
  // One that must be readable, unless somebody takes it meanwhile.
  std::optional<std::pair<std::string, std::string>> peek(std::mt19937_64& random) {
    const std::lock_guard lock(mutex_);
    if (known_.empty()) return std::nullopt;
    return *any(random);
  }
  bool is_known(const std::string& name) {
    const std::lock_guard lock(mutex_);
    return known_.contains(name);
  }

  // At the end, alone.
  const std::map<std::string, std::string>& known() const { return known_; }
  bool may_exist(const std::string& name) const { return !gone_.contains(name); }

 private:
  std::map<std::string, std::string>::iterator any(std::mt19937_64& random) {
    return std::next(known_.begin(), static_cast<std::ptrdiff_t>(random() % known_.size()));
  }

  std::mutex mutex_;
  std::map<std::string, std::string> known_;  // by name: the bytes of its one file
  std::map<std::string, std::string> going_;
  std::set<std::string> gone_;
};

}  // namespace varve::torture
