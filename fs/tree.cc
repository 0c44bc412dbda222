#include "fs/tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fs/sha256sums.h"
#include "store/core/error.h"
#include "store/snapshots/snapshot_name.h"

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

mode_t type_of(ViewEntry::Kind kind) {
  if (kind == ViewEntry::Kind::folder) return S_IFDIR;
  return kind == ViewEntry::Kind::link ? S_IFLNK : S_IFREG;
}

// Nobody writes here, and the owner always reads.
mode_t shown_mode(const FileEntry& file) { return (file.mode & 0555) | 0400; }

// Databases and dumps are of the snapshot's moment, whenever their file was last written to.
bool keeps_its_own_time(const Snapshot& snapshot, const FileEntry& file) {
  return file.owner && snapshot.sources.at(file.source).kind.starts_with("file");
}

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

std::shared_ptr<const SnapshotView> Tree::current_view(const SnapshotId& id) {
  auto view = cache_.find_current(id);
  if (!view) gone("the snapshot");
  return view;
}

// --- lookup ---------------------------------------------------------------------------

std::optional<Node> Tree::lookup(const Node& folder, std::string_view name) {
  switch (folder.kind) {
    case NodeKind::root:
      return lookup_root(name);
    case NodeKind::axis: {
      const auto labels = list_.labels();
      if (!labels->of(folder.axis).contains(name)) return std::nullopt;
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
  const auto labels = list_.labels();
  const auto place = labels->of(label.axis).find(label.label);
  if (place == labels->of(label.axis).end()) return std::nullopt;
  if (name == kLatest) return label_latest_node(label.axis, label.label);
  const ListedSnapshot* found = labels->listing->find(name);
  if (found == nullptr) return std::nullopt;
  const bool has_label = std::binary_search(place->second.begin(), place->second.end(),
                                            labels->listing->index_of(*found));
  return has_label ? std::optional(link_node(label.axis, label.label, *found)) : std::nullopt;
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
      const auto labels = list_.labels();
      for (const auto& [label, snapshots] : labels->of(folder.axis)) {
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

const ListedSnapshot& Tree::newest_of(const Labels& labels, const Node& label) const {
  const auto place = labels.of(label.axis).find(label.label);
  if (place == labels.of(label.axis).end()) gone(label.label);
  return labels.listing->snapshots()[place->second.back()];
}

std::vector<NamedNode> Tree::label_children(const Node& label) {
  const auto labels = list_.labels();
  const auto place = labels->of(label.axis).find(label.label);
  if (place == labels->of(label.axis).end()) gone(label.label);
  std::vector<NamedNode> found;
  found.reserve(place->second.size() + 1);
  for (const std::uint32_t index : place->second) {
    const ListedSnapshot& snapshot = labels->listing->snapshots()[index];
    found.push_back({snapshot.name, link_node(label.axis, label.label, snapshot), S_IFLNK});
  }
  found.push_back({std::string(kLatest), label_latest_node(label.axis, label.label), S_IFLNK});
  return found;
}

// --- descriptions ---------------------------------------------------------------------

struct stat Tree::attributes(mode_t mode, std::uint64_t size, Timestamp time) const {
  struct stat out {};
  out.st_mode = S_ISLNK(mode) ? mode : mode & ~settings_.umask;
  // Folders too: one link means that nobody counts the folders in it.
  out.st_nlink = 1;
  out.st_uid = settings_.uid;
  out.st_gid = settings_.gid;
  out.st_size = static_cast<off_t>(size);
  out.st_blocks = (out.st_size + 511) / 512;
  out.st_blksize = 128 << 10;  // what cp and cat read at a time
  out.st_mtim.tv_sec = time.seconds;
  out.st_atim = out.st_ctim = out.st_mtim;
  return out;
}

Tree::Description Tree::describe(const Node& node) {
  switch (node.kind) {
    case NodeKind::entry:
      if (node.entry != 0) return describe_entry(node);
      // A folder of 10,000 of them is listed without a look into any.
      return {attributes(S_IFDIR | 0555, 0, time_of(node.snapshot)), Lifetime::until_told,
              Lifetime::for_ever};
    case NodeKind::root:
    case NodeKind::axis:
    case NodeKind::label:
      return describe_folder(node);
    case NodeKind::latest:
    case NodeKind::label_latest:
    case NodeKind::link:
      break;
  }
  return describe_link(node);
}

Tree::Description Tree::describe_entry(const Node& node) {
  auto held = view(node.snapshot);
  const Timestamp time = held->snapshot().time;
  const ViewEntry& entry = held->at(node.entry);
  Lifetime lifetime = Lifetime::for_ever;
  mode_t mode = S_IFREG | 0444;
  std::uint64_t size = 0;
  switch (entry.kind) {
    case ViewEntry::Kind::folder:
      mode = S_IFDIR | (entry.file ? shown_mode(held->file_of(entry)) | 0100 : 0555);
      break;
    case ViewEntry::Kind::link:
      size = held->file_of(entry).target.size();
      mode = S_IFLNK | 0777;
      break;
    case ViewEntry::Kind::file:
      size = held->file_of(entry).size;
      mode = S_IFREG | shown_mode(held->file_of(entry));
      break;
    case ViewEntry::Kind::sums:
      size = sha256sums_size(held->snapshot());
      break;
    case ViewEntry::Kind::json:
      size = current_view(node.snapshot)->json().size();
      lifetime = Lifetime::now;  // attestations may come later
      break;
  }
  struct stat seen = attributes(mode, size, time);
  if (entry.file) add_own_attributes(held->snapshot(), held->file_of(entry), seen);
  return {seen, Lifetime::for_ever, lifetime};
}

void Tree::add_own_attributes(const Snapshot& snapshot, const FileEntry& file,
                              struct stat& out) const {
  if (!keeps_its_own_time(snapshot, file)) return;
  out.st_mtim.tv_sec = file.mtime.seconds;
  out.st_mtim.tv_nsec = static_cast<long>(file.mtime_nanoseconds);
  out.st_atim = out.st_ctim = out.st_mtim;
  if (!settings_.own_owners) return;
  out.st_uid = file.owner->uid;
  out.st_gid = file.owner->gid;
}

Tree::Description Tree::describe_folder(const Node& node) {
  const Timestamp time =
      node.kind == NodeKind::label ? newest_of(*list_.labels(), node).time : newest();
  const struct stat seen = attributes(S_IFDIR | 0555, 0, time);
  switch (node.kind) {
    case NodeKind::root:
      return {seen, Lifetime::for_ever, Lifetime::until_told};
    case NodeKind::axis:
      return {seen, Lifetime::for_ever, Lifetime::now};
    default:
      return {seen, Lifetime::now, Lifetime::now};
  }
}

Tree::Description Tree::describe_link(const Node& node) {
  const Timestamp time = node.kind == NodeKind::latest ? time_of_latest()
                         : node.kind == NodeKind::label_latest
                             ? newest_of(*list_.labels(), node).time
                             : time_of(node.snapshot);
  const struct stat seen = attributes(S_IFLNK | 0777, link_target(node).size(), time);
  const Lifetime name = node.kind == NodeKind::latest ? Lifetime::until_told : Lifetime::now;
  return {seen, name, Lifetime::now};
}

Timestamp Tree::newest() const {
  const auto listing = list_.current();
  return listing->snapshots().empty() ? Timestamp{} : listing->snapshots().back().time;
}

const ListedSnapshot* Tree::newest_backup(const Listing& listing) {
  const auto& snapshots = listing.snapshots();
  for (auto listed = snapshots.rbegin(); listed != snapshots.rend(); ++listed) {
    try {
      if (!is_safety_snapshot(view(listed->id)->snapshot())) return &*listed;
    } catch (const Error&) {
      return &*listed;  // whoever goes there is told why
    }
  }
  return snapshots.empty() ? nullptr : &snapshots.back();
}

Timestamp Tree::time_of_latest() {
  const auto listing = list_.current();
  const ListedSnapshot* const latest = newest_backup(*listing);
  return latest != nullptr ? latest->time : Timestamp{};
}

Timestamp Tree::time_of(const SnapshotId& id) {
  const auto listing = list_.current();
  const ListedSnapshot* listed = listing->find(id);
  return listed != nullptr ? listed->time : view(id)->snapshot().time;
}

std::string Tree::link_target(const Node& link) {
  if (link.kind == NodeKind::entry) {
    const auto held = view(link.snapshot);
    return held->file_of(held->at(link.entry)).target;
  }
  if (link.kind == NodeKind::label_latest) return newest_of(*list_.labels(), link).name;
  const auto listing = list_.current();
  if (link.kind == NodeKind::latest) {
    const ListedSnapshot* const latest = newest_backup(*listing);
    if (latest == nullptr) gone("the latest snapshot");
    return latest->name;
  }
  const ListedSnapshot* listed = listing->find(link.snapshot);
  if (listed == nullptr) gone("the snapshot");
  return "../../" + listed->name;
}

Lifetime Tree::absence_lifetime(const Node& folder) const {
  return folder.kind == NodeKind::entry ? Lifetime::for_ever : Lifetime::now;
}

}  // namespace varve
