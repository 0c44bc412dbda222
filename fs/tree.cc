#include "fs/tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fs/sha256sums.h"
#include "fs/snapshot_json.h"
#include "store/core/error.h"

namespace varve {
namespace {

constexpr std::string_view kLatest = "latest";

std::string_view axis_name(Axis axis) { return axis == Axis::source ? "by-source" : "by-tag"; }

Node axis_node(Axis axis) {
  Node node;
  node.kind = NodeKind::axis;
  node.axis = axis;
  node.inode = inode_of(axis_name(axis));
  return node;
}

Node latest_node() {
  Node node;
  node.kind = NodeKind::latest;
  node.inode = inode_of(kLatest);
  return node;
}

std::string path_of(Axis axis, std::string_view label, std::string_view name) {
  return fmt::format("{}/{}/{}", axis_name(axis), label, name);
}

Node label_latest_node(Axis axis, const std::string& label) {
  Node node;
  node.kind = NodeKind::label_latest;
  node.axis = axis;
  node.label = label;
  node.inode = inode_of(path_of(axis, label, kLatest));
  return node;
}

mode_t type_of(ViewEntry::Kind kind) { return kind == ViewEntry::Kind::folder ? S_IFDIR : S_IFREG; }

[[noreturn]] void gone(const std::string& what) {
  throw Error(ErrorCode::not_found, what + " is not there any more");
}

}  // namespace

Tree::Tree(SnapshotList& list, SnapshotCache& cache, MountSettings settings,
           std::optional<SnapshotId> alone)
    : list_(list), cache_(cache), settings_(std::move(settings)), alone_(alone) {}

Node Tree::root() const {
  Node node;
  if (alone_) {
    node.kind = NodeKind::entry;
    node.snapshot = *alone_;
  }
  node.inode = 1;
  return node;
}

std::shared_ptr<const SnapshotView> Tree::view(const SnapshotId& id) {
  auto view = cache_.find(id);
  if (!view) gone("the snapshot");
  return view;
}

std::string Tree::json(const SnapshotId& id) {
  // A forgotten snapshot that is held open still has the attestations it was loaded with.
  const auto now = cache_.read_now(id);
  return snapshot_json(now ? *now : view(id)->snapshot());
}

// --- lookup ---------------------------------------------------------------------------

std::optional<Node> Tree::lookup(const Node& folder, std::string_view name) {
  switch (folder.kind) {
    case NodeKind::root:
      return lookup_root(name);
    case NodeKind::axis: {
      const auto labels = list_.labels(folder.axis);
      if (labels->find(name) == labels->end()) return std::nullopt;
      return label_node(folder.axis, std::string(name));
    }
    case NodeKind::label:
      return lookup_label(folder, name);
    case NodeKind::entry: {
      const auto held = view(folder.snapshot);
      const std::uint32_t child = held->child(folder.entry, name);
      if (child == 0) return std::nullopt;
      return entry_node(*held, child);
    }
    case NodeKind::latest:
    case NodeKind::label_latest:
    case NodeKind::link:
      break;
  }
  return std::nullopt;
}

std::optional<Node> Tree::lookup_root(std::string_view name) {
  if (name == axis_name(Axis::source)) return axis_node(Axis::source);
  if (name == axis_name(Axis::tag)) return axis_node(Axis::tag);
  const auto listing = list_.current();
  if (name == kLatest) {
    if (listing->snapshots().empty()) return std::nullopt;
    return latest_node();
  }
  const ListedSnapshot* found = listing->find(name);
  if (found == nullptr) return std::nullopt;
  return snapshot_node(*found);
}

std::optional<Node> Tree::lookup_label(const Node& label, std::string_view name) {
  const auto labels = list_.labels(label.axis);
  const auto place = labels->find(label.label);
  if (place == labels->end()) return std::nullopt;
  if (name == kLatest) return label_latest_node(label.axis, label.label);
  for (const ListedSnapshot& snapshot : place->second) {
    if (snapshot.name == name) return link_node(label.axis, label.label, snapshot);
  }
  return std::nullopt;
}

// --- nodes ----------------------------------------------------------------------------

Node Tree::entry_node(const SnapshotView& view, std::uint32_t entry) const {
  Node node;
  node.kind = NodeKind::entry;
  node.snapshot = view.snapshot().id;
  node.entry = entry;
  node.inode = view.at(entry).inode;
  return node;
}

Node Tree::snapshot_node(const ListedSnapshot& snapshot) const {
  Node node;
  node.kind = NodeKind::entry;
  node.snapshot = snapshot.id;
  node.inode = inode_of(snapshot.id, "");
  return node;
}

Node Tree::label_node(Axis axis, std::string label) const {
  Node node;
  node.kind = NodeKind::label;
  node.axis = axis;
  node.inode = inode_of(path_of(axis, label, ""));
  node.label = std::move(label);
  return node;
}

Node Tree::link_node(Axis axis, const std::string& label, const ListedSnapshot& snapshot) const {
  Node node;
  node.kind = NodeKind::link;
  node.axis = axis;
  node.label = label;
  node.snapshot = snapshot.id;
  node.inode = inode_of(snapshot.id, path_of(axis, label, ""));
  return node;
}

// --- children -------------------------------------------------------------------------

std::vector<NamedNode> Tree::children(const Node& folder) {
  std::vector<NamedNode> found;
  switch (folder.kind) {
    case NodeKind::root:
      return root_children();
    case NodeKind::axis: {
      const auto labels = list_.labels(folder.axis);
      for (const auto& [label, snapshots] : *labels) {
        found.push_back({label, label_node(folder.axis, label), S_IFDIR});
      }
      return found;
    }
    case NodeKind::label:
      return label_children(folder);
    case NodeKind::entry: {
      const auto held = view(folder.snapshot);
      for (const std::uint32_t child : held->at(folder.entry).children) {
        const ViewEntry& entry = held->at(child);
        found.push_back({std::string(entry.name()), entry_node(*held, child), type_of(entry.kind)});
      }
      return found;
    }
    case NodeKind::latest:
    case NodeKind::label_latest:
    case NodeKind::link:
      break;
  }
  return found;
}

std::vector<NamedNode> Tree::root_children() {
  const auto listing = list_.current();
  std::vector<NamedNode> found;
  found.reserve(listing->snapshots().size() + 3);
  for (const ListedSnapshot& snapshot : listing->snapshots()) {
    found.push_back({snapshot.name, snapshot_node(snapshot), S_IFDIR});
  }
  for (const Axis axis : {Axis::source, Axis::tag}) {
    found.push_back({std::string(axis_name(axis)), axis_node(axis), S_IFDIR});
  }
  if (!listing->snapshots().empty()) {
    found.push_back({std::string(kLatest), latest_node(), S_IFLNK});
  }
  return found;
}

std::vector<ListedSnapshot> Tree::snapshots_of(const Node& label) {
  const auto labels = list_.labels(label.axis);
  const auto place = labels->find(label.label);
  if (place == labels->end()) gone(label.label);
  return place->second;
}

std::vector<NamedNode> Tree::label_children(const Node& label) {
  std::vector<NamedNode> found;
  for (const ListedSnapshot& snapshot : snapshots_of(label)) {
    found.push_back({snapshot.name, link_node(label.axis, label.label, snapshot), S_IFLNK});
  }
  found.push_back({std::string(kLatest), label_latest_node(label.axis, label.label), S_IFLNK});
  return found;
}

// --- attributes -----------------------------------------------------------------------

mode_t Tree::mode(mode_t type, mode_t permissions) const {
  return type | (permissions & ~settings_.umask);
}

struct stat Tree::attributes(const Node& node) {
  struct stat out {};
  out.st_uid = settings_.uid;
  out.st_gid = settings_.gid;
  out.st_blksize = 128 << 10;  // what cp and cat read at a time
  // Folders too: one link means that nobody counts the folders in it.
  out.st_nlink = 1;
  if (node.kind == NodeKind::entry && node.entry != 0) {
    describe_entry(node, out);
  } else if (node.kind == NodeKind::latest || node.kind == NodeKind::label_latest ||
             node.kind == NodeKind::link) {
    out.st_mode = S_IFLNK | 0777;
    out.st_size = static_cast<off_t>(link_target(node).size());
  } else {
    out.st_mode = mode(S_IFDIR, 0555);
  }
  out.st_mtim.tv_sec = time_of(node).seconds;
  out.st_atim = out.st_ctim = out.st_mtim;
  out.st_blocks = (out.st_size + 511) / 512;
  return out;
}

void Tree::describe_entry(const Node& node, struct stat& out) {
  const auto held = view(node.snapshot);
  const ViewEntry& entry = held->at(node.entry);
  std::uint64_t size = 0;
  mode_t permissions = 0444;
  switch (entry.kind) {
    case ViewEntry::Kind::folder:
      permissions = 0555;
      break;
    case ViewEntry::Kind::file:
      size = held->file_of(entry).size;
      // Whatever the source allowed; the owner always reads.
      permissions = (held->file_of(entry).mode & 0444) | 0400;
      break;
    case ViewEntry::Kind::sums:
      size = sha256sums_size(held->snapshot());
      break;
    case ViewEntry::Kind::json:
      size = json(node.snapshot).size();
      break;
  }
  out.st_mode = mode(type_of(entry.kind), permissions);
  out.st_size = static_cast<off_t>(size);
}

Timestamp Tree::time_of(const Node& node) {
  if (node.kind == NodeKind::entry && (node.entry != 0 || alone_)) {
    return view(node.snapshot)->snapshot().time;
  }
  if (node.kind == NodeKind::label || node.kind == NodeKind::label_latest) {
    return snapshots_of(node).back().time;
  }
  const auto listing = list_.current();
  if (node.kind == NodeKind::entry || node.kind == NodeKind::link) {
    if (const ListedSnapshot* listed = listing->find(node.snapshot)) return listed->time;
    return view(node.snapshot)->snapshot().time;
  }
  return listing->snapshots().empty() ? Timestamp{} : listing->snapshots().back().time;
}

std::string Tree::link_target(const Node& link) {
  if (link.kind == NodeKind::label_latest) return snapshots_of(link).back().name;
  const auto listing = list_.current();
  if (link.kind == NodeKind::latest) {
    if (listing->snapshots().empty()) gone("the latest snapshot");
    return listing->snapshots().back().name;
  }
  const ListedSnapshot* listed = listing->find(link.snapshot);
  if (listed == nullptr) gone("the snapshot");
  return "../../" + listed->name;
}

// --- lifetimes ------------------------------------------------------------------------

Lifetime Tree::name_lifetime(const Node& node) const {
  switch (node.kind) {
    case NodeKind::root:
    case NodeKind::axis:
      return Lifetime::for_ever;
    case NodeKind::entry:
      return node.entry == 0 ? Lifetime::until_told : Lifetime::for_ever;
    case NodeKind::latest:
      return Lifetime::until_told;
    case NodeKind::label:
    case NodeKind::label_latest:
    case NodeKind::link:
      return Lifetime::now;
  }
  return Lifetime::now;
}

Lifetime Tree::attribute_lifetime(const Node& node) {
  switch (node.kind) {
    case NodeKind::root:
      return Lifetime::until_told;
    case NodeKind::entry: {
      if (node.entry == 0) return Lifetime::for_ever;
      const bool is_json = view(node.snapshot)->at(node.entry).kind == ViewEntry::Kind::json;
      return is_json ? Lifetime::now : Lifetime::for_ever;  // attestations may come later
    }
    case NodeKind::axis:
    case NodeKind::label:
    case NodeKind::latest:
    case NodeKind::label_latest:
    case NodeKind::link:
      return Lifetime::now;
  }
  return Lifetime::now;
}

Lifetime Tree::absence_lifetime(const Node& folder) const {
  return folder.kind == NodeKind::entry ? Lifetime::for_ever : Lifetime::now;
}

}  // namespace varve
