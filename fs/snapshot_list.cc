#include "fs/snapshot_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <numeric>
#include <optional>
#include <utility>

#include "store/core/error.h"

namespace varve {
namespace {

bool holds_source(const Snapshot& snapshot, const std::string& source) {
  return std::any_of(snapshot.sources.begin(), snapshot.sources.end(),
                     [&](const SourceInfo& info) { return info.name == source; });
}

// A snapshot that names a label twice is listed once.
void add_label(std::map<std::string, std::vector<std::uint32_t>, std::less<>>& labels,
               const std::string& label, std::uint32_t snapshot) {
  if (label.empty()) return;
  auto& snapshots = labels[escape_label(label)];
  if (snapshots.empty() || snapshots.back() != snapshot) snapshots.push_back(snapshot);
}

// One damaged record hides one snapshot where its content matters, not all of them.
std::optional<Snapshot> decode_or_log(const SnapshotRow& row, Log& log) {
  try {
    return decode_record(row.record);
  } catch (const Error& error) {
    log.error_once(fmt::format("snapshot {}: {}", row.name, error.what()));
    return std::nullopt;
  }
}

}  // namespace

Listing::Listing(std::uint64_t generation, std::vector<ListedSnapshot> oldest_first)
    : generation_(generation), snapshots_(std::move(oldest_first)), by_name_(snapshots_.size()) {
  std::iota(by_name_.begin(), by_name_.end(), 0u);
  std::sort(by_name_.begin(), by_name_.end(), [&](std::uint32_t a, std::uint32_t b) {
    return snapshots_[a].name < snapshots_[b].name;
  });
  by_id_.reserve(snapshots_.size());
  for (std::uint32_t i = 0; i < snapshots_.size(); ++i) by_id_.emplace(snapshots_[i].id, i);
}

const ListedSnapshot* Listing::find(std::string_view name) const {
  const auto place = std::lower_bound(by_name_.begin(), by_name_.end(), name,
                                      [&](std::uint32_t index, std::string_view wanted) {
                                        return snapshots_[index].name < wanted;
                                      });
  if (place == by_name_.end() || snapshots_[*place].name != name) return nullptr;
  return &snapshots_[*place];
}

const ListedSnapshot* Listing::find(const SnapshotId& id) const {
  const auto place = by_id_.find(id);
  return place == by_id_.end() ? nullptr : &snapshots_[place->second];
}

std::uint32_t Listing::index_of(const ListedSnapshot& found) const {
  return static_cast<std::uint32_t>(&found - snapshots_.data());
}

SnapshotList::SnapshotList(Repository& repository, Choice choice, Log& log)
    : repository_(repository), choice_(std::move(choice)), log_(log) {}

std::shared_ptr<const Listing> SnapshotList::current() {
  const std::lock_guard lock(mutex_);
  try {
    // Asked before the rows are read: what changes in between is read again the next time.
    const std::uint64_t generation = repository_.catalog().generation();
    if (!listing_ || listing_->generation() != generation) listing_ = load(generation);
  } catch (const Error& error) {
    if (!listing_) throw;
    log_.error_once(fmt::format("the list of snapshots stays as it is: {}", error.what()));
  }
  return listing_;
}

std::shared_ptr<const Listing> SnapshotList::load(std::uint64_t generation) {
  std::vector<ListedSnapshot> listed;
  for (SnapshotRow& row : repository_.catalog().snapshots()) {
    if (!choice_.source.empty()) {
      const auto snapshot = decode_or_log(row, log_);
      if (!snapshot || !holds_source(*snapshot, choice_.source)) continue;
    }
    std::string name =
        choice_.local_time ? local_directory_name(row.time, row.name) : std::move(row.name);
    listed.push_back({row.id, std::move(name), row.time});
  }
  return std::make_shared<Listing>(generation, std::move(listed));
}

std::shared_ptr<const Labels> SnapshotList::labels() {
  std::shared_ptr<const Listing> listing = current();
  const std::lock_guard lock(mutex_);
  if (!labels_ || labels_->listing != listing) labels_ = load_labels(std::move(listing));
  return labels_;
}

std::shared_ptr<const Labels> SnapshotList::load_labels(std::shared_ptr<const Listing> listing) {
  auto labels = std::make_shared<Labels>();
  for (const SnapshotRow& row : repository_.catalog().snapshots()) {
    const ListedSnapshot* listed = listing->find(row.id);
    if (listed == nullptr) continue;
    const auto snapshot = decode_or_log(row, log_);
    if (!snapshot) continue;
    const std::uint32_t index = listing->index_of(*listed);
    for (const SourceInfo& source : snapshot->sources) {
      const bool shown = choice_.source.empty() || choice_.source == source.name;
      if (shown) add_label(labels->sources, source.name, index);
    }
    for (const std::string& tag : snapshot->tags) add_label(labels->tags, tag, index);
  }
  labels->listing = std::move(listing);
  return labels;
}

std::string escape_label(std::string_view label) {
  if (label == ".") return "%2E";
  if (label == "..") return "%2E%2E";
  std::string escaped;
  for (const char c : label) {
    switch (c) {
      case '/':
        escaped += "%2F";
        break;
      case '%':
        escaped += "%25";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string local_directory_name(Timestamp time, std::string_view utc_name) {
  const std::time_t seconds = time.seconds;
  std::tm local{};
  ::localtime_r(&seconds, &local);
  std::array<char, 64> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H-%M-%S%z", &local);
  const std::size_t suffix = utc_name.find('.');
  return std::string(text.data(), length) +
         std::string(suffix == utc_name.npos ? "" : utc_name.substr(suffix));
}

}  // namespace varve
