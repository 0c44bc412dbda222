// Which snapshots there are, always as the catalog has it at the moment of asking.
//
// Only names, ids and times stay in memory: about 150 bytes a snapshot. What they hold is in
// SnapshotCache. Sources and tags are looked up when somebody looks into /by-source or /by-tag.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "fs/log.h"
#include "fs/node.h"
#include "store/repository/repository.h"

namespace varve {

struct ListedSnapshot {
  SnapshotId id;
  std::string name;  // of its folder on this mount
  Timestamp time;
};

// The snapshots at one moment. Immutable, thread-safe.
class Listing {
 public:
  Listing(std::uint64_t generation, std::vector<ListedSnapshot> oldest_first);

  std::uint64_t generation() const noexcept { return generation_; }
  const std::vector<ListedSnapshot>& snapshots() const noexcept { return snapshots_; }
  const ListedSnapshot* find(std::string_view name) const;  // nullptr: none
  const ListedSnapshot* find(const SnapshotId& id) const;
  std::uint32_t index_of(const ListedSnapshot& found) const;  // in snapshots()

 private:
  std::uint64_t generation_;
  std::vector<ListedSnapshot> snapshots_;
  std::vector<std::uint32_t> by_name_;  // indices, sorted by name
  std::unordered_map<SnapshotId, std::uint32_t> by_id_;
};

// Folder names under /by-source or /by-tag, and which snapshots of the listing each has, as
// indices, oldest first. Immutable, thread-safe.
struct Labels {
  std::shared_ptr<const Listing> listing;
  std::map<std::string, std::vector<std::uint32_t>, std::less<>> sources;
  std::map<std::string, std::vector<std::uint32_t>, std::less<>> tags;

  const auto& of(Axis axis) const { return axis == Axis::source ? sources : tags; }
};

// Thread-safe.
class SnapshotList {
 public:
  struct Choice {
    std::string source;       // only snapshots that hold it; empty: all
    bool local_time = false;  // names in local time
  };
  SnapshotList(Repository& repository, Choice choice, Log& log);

  // Reads the catalog again if it changed. Where the catalog cannot be read the last listing
  // serves on, with a line in the log; throws only if there is none yet.
  std::shared_ptr<const Listing> current();
  // Of the current listing.
  std::shared_ptr<const Labels> labels();

 private:
  std::shared_ptr<const Listing> load(std::uint64_t generation);
  std::shared_ptr<const Labels> load_labels(std::shared_ptr<const Listing> listing);

  Repository& repository_;
  const Choice choice_;
  Log& log_;
  std::mutex mutex_;  // guards what follows
  std::shared_ptr<const Listing> listing_;
  std::shared_ptr<const Labels> labels_;
};

// A source or tag name as one part of a path: '/' becomes "%2F", '%' "%25", "." "%2E".
std::string escape_label(std::string_view label);

// A snapshot's folder in local time: 2026-11-21T03-00-00+0100, with the ".2" of `utc_name`.
std::string local_directory_name(Timestamp time, std::string_view utc_name);

}  // namespace varve
