#include "store/check/check_findings.h"

#include <fmt/format.h>

#include <utility>

namespace varve {

void Findings::add(const std::string& what, std::vector<std::string> files) {
  const std::lock_guard lock(mutex_);
  findings_.push_back({.what = what, .chunks = {}, .files = std::move(files)});
}

void Findings::add_mendable(const std::string& what) {
  const std::lock_guard lock(mutex_);
  findings_.push_back({.what = what, .chunks = {}, .files = {}, .is_mendable = true});
}

void Findings::add(const std::string& group, const std::string& what, ChunkNumber chunk) {
  const std::lock_guard lock(mutex_);
  Group& found = groups_[group];
  const auto same = found.by_words.find(what);
  if (same != found.by_words.end()) {
    findings_[same->second].chunks.push_back(chunk);
  } else if (found.by_words.size() < kAlone) {
    found.by_words[what] = findings_.size();
    findings_.push_back({.what = what, .chunks = {chunk}, .files = {}});
  } else {
    found.more.push_back(chunk);
  }
}

bool Findings::empty() const {
  const std::lock_guard lock(mutex_);
  return findings_.empty();
}

std::vector<Finding> Findings::take() {
  for (auto& [name, group] : groups_) {
    if (group.more.empty()) continue;
    findings_.push_back(
        {.what = fmt::format("{}: {} more objects are damaged", name, group.more.size()),
         .chunks = std::move(group.more),
         .files = {}});
  }
  groups_.clear();
  return std::exchange(findings_, {});
}

}  // namespace varve
