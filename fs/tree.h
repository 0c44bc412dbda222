// The tree that the mount shows, without a word of FUSE: names, attributes, link targets.
//
//   /NAME/…                        a snapshot's files, SHA256SUMS, snapshot.json
//   /latest -> NAME
//   /by-source/SOURCE/NAME -> ../../NAME, and latest; /by-tag/TAG/ likewise
//
// With MountSettings::snapshot the root is that snapshot's folder. Thread-safe. Throws a
// not_found Error for what is not there any more.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <vector>

#include "fs/mount_options.h"
#include "fs/node.h"
#include "fs/snapshot_cache.h"
#include "fs/snapshot_list.h"

namespace varve {

struct NamedNode {
  std::string name;
  Node node;
  mode_t type = S_IFDIR;
};

// How long the kernel may believe an answer.
enum class Lifetime {
  now,         // asks each time
  until_told,  // as long as the watcher does not call it off
  for_ever,
};

class Tree {
 public:
  // `alone`: the snapshot of MountSettings::snapshot.
  Tree(SnapshotList& list, SnapshotCache& cache, MountSettings settings,
       std::optional<SnapshotId> alone);

  Node root() const;
  std::optional<Node> lookup(const Node& folder, std::string_view name);
  // Everything in it but "." and "..".
  std::vector<NamedNode> children(const Node& folder);
  // What a program sees of it; st_ino is left to the caller.
  struct Description {
    struct stat attributes {};
    Lifetime name = Lifetime::now;       // of the name that led to it
    Lifetime attribute = Lifetime::now;  // of the attributes
  };
  Description describe(const Node& node);
  std::string link_target(const Node& link);

  // How long it holds that a name is not in the folder.
  Lifetime absence_lifetime(const Node& folder) const;

  // These throw not_found where the snapshot is gone. The second has the attestations of this
  // moment.
  std::shared_ptr<const SnapshotView> view(const SnapshotId& id);
  std::shared_ptr<const SnapshotView> current_view(const SnapshotId& id);

 private:
  Node entry_node(const SnapshotView& view, std::uint32_t entry) const;
  Node snapshot_node(const ListedSnapshot& snapshot) const;
  Node label_node(Axis axis, std::string label) const;
  Node link_node(Axis axis, const std::string& label, const ListedSnapshot& snapshot) const;
  std::optional<Node> lookup_root(std::string_view name);
  std::optional<Node> lookup_label(const Node& label, std::string_view name);
  std::vector<NamedNode> root_children();
  std::vector<NamedNode> label_children(const Node& label);
  const ListedSnapshot& newest_of(const Labels& labels, const Node& label) const;
  Description describe_entry(const Node& node);
  Description describe_folder(const Node& node);
  Description describe_link(const Node& node);
  // Time and owner of plain files and folders.
  void add_own_attributes(const Snapshot& snapshot, const FileEntry& file, struct stat& out) const;
  struct stat attributes(mode_t mode, std::uint64_t size, Timestamp time) const;
  Timestamp newest() const;
  // What /latest leads to: a safety snapshot only where there is no other one. Null: none at all.
  const ListedSnapshot* newest_backup(const Listing& listing);
  Timestamp time_of_latest();
  Timestamp time_of(const SnapshotId& id);

  SnapshotList& list_;
  SnapshotCache& cache_;
  const MountSettings settings_;
  const std::optional<SnapshotId> alone_;
};

}  // namespace varve
