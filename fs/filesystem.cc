#include "fs/filesystem.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "fs/extended_attributes.h"
#include "fs/sha256sums.h"
#include "store/core/error.h"

namespace varve {
namespace {

constexpr unsigned kReadAheadThreads = 2;
constexpr std::uint64_t kReadAheadWindow = 2u << 20;  // bytes

std::optional<SnapshotId> choose_alone(Repository& repository, const MountSettings& settings) {
  if (settings.snapshot.empty()) return std::nullopt;
  return repository.resolve(settings.snapshot).id;
}

ChunkReader::Check check_of(const MountSettings& settings) {
  return settings.paranoid ? ChunkReader::Check::id : ChunkReader::Check::stored;
}

}  // namespace

Filesystem::Filesystem(std::unique_ptr<Repository> repository, const MountSettings& settings,
                       const std::string& description, Log& log)
    : repository_(std::move(repository)),
      log_(log),
      list_(*repository_, {settings.source, settings.local_time}, log),
      cache_(*repository_, settings.source),
      pins_(*repository_, list_, description, log),
      alone_(choose_alone(*repository_, settings)),
      tree_(list_, cache_, settings, alone_),
      nodes_(tree_.root()),
      readers_(repository_->chunks(), check_of(settings)),
      hashes_(*repository_, stop_.get_token()),
      // More would push out of a small cache what was read ahead before.
      read_ahead_window_(std::min<std::uint64_t>(kReadAheadWindow, settings.cache_bytes / 4)),
      read_ahead_(kReadAheadThreads) {
  repository_->chunks().set_cache_bytes(settings.cache_bytes);
  if (alone_) {
    alone_view_ = tree_.view(*alone_);
    alone_pin_ = pins_.hold(*alone_view_);
    if (!alone_pin_) throw Error(ErrorCode::not_found, "the snapshot was forgotten meanwhile");
  }
}

Filesystem::Found Filesystem::describe(const Node& node, std::uint64_t inode) {
  const Tree::Description seen = tree_.describe(node);
  Found found{inode, seen.attributes, seen.name, seen.attribute};
  found.attributes.st_ino = inode;
  return found;
}

Filesystem::Found Filesystem::lookup(std::uint64_t folder, std::string_view name) {
  const Node above = nodes_.find(folder);
  const auto node = tree_.lookup(above, name);
  if (node) return remember({std::string(name), *node, 0});
  Found nothing;
  nothing.name = tree_.absence_lifetime(above);
  return nothing;
}

Filesystem::Found Filesystem::remember(const NamedNode& child) {
  Found found = describe(child.node, child.node.inode);
  found.inode = nodes_.remember(child.node);
  found.attributes.st_ino = found.inode;
  return found;
}

void Filesystem::forget(std::uint64_t inode, std::uint64_t references) {
  nodes_.forget(inode, references);
}

Filesystem::Found Filesystem::attributes(std::uint64_t inode) {
  return describe(nodes_.find(inode), inode);
}

std::string Filesystem::link_target(std::uint64_t link) {
  return tree_.link_target(nodes_.find(link));
}

std::unique_ptr<OpenFile> Filesystem::open(std::uint64_t file) {
  const Node node = nodes_.find(file);
  auto view = tree_.view(node.snapshot);
  Pins::Pin pin = alone_ ? alone_pin_ : pins_.hold(*view);
  if (!pin) throw Error(ErrorCode::not_found, "the snapshot was forgotten");
  switch (view->at(node.entry).kind) {
    case ViewEntry::Kind::sums:
      return std::make_unique<OpenFile>(
          std::in_place_type<GeneratedFile>, std::move(pin), [this, view] { return sums(*view); },
          false);
    case ViewEntry::Kind::json:
      return std::make_unique<OpenFile>(
          std::in_place_type<GeneratedFile>, std::move(pin),
          [this, view] { return tree_.current_view(view->snapshot().id)->json(); }, true);
    case ViewEntry::Kind::file:
      break;
    case ViewEntry::Kind::folder:
    case ViewEntry::Kind::link:
      throw Error(ErrorCode::usage, "what is no file was opened as one");
  }
  auto reader = readers_.get(*view, node.entry);
  return std::make_unique<OpenFile>(std::in_place_type<StoredFile>, std::move(view), node.entry,
                                    std::move(pin), std::move(reader), read_ahead_window_);
}

Slices Filesystem::read(OpenFile& file, std::uint64_t offset, std::size_t length) {
  if (auto* stored = std::get_if<StoredFile>(&file)) {
    return stored->read(offset, length, read_ahead_, log_);
  }
  return std::get<GeneratedFile>(file).read(offset, length);
}

std::unique_ptr<OpenFolder> Filesystem::open_folder(std::uint64_t folder) {
  return std::make_unique<OpenFolder>(tree_, nodes_.find(folder));
}

std::string Filesystem::sums(const SnapshotView& view) {
  const auto current = tree_.current_view(view.snapshot().id);
  const Snapshot& snapshot = current->snapshot();
  return sha256sums(snapshot, [&](const FileEntry& file) { return hashes_.get(snapshot, file); });
}

std::vector<std::string> Filesystem::attribute_names(std::uint64_t inode) {
  const Node node = nodes_.find(inode);
  if (node.kind != NodeKind::entry) return {};
  const auto view = tree_.current_view(node.snapshot);
  return list_attributes(view->snapshot(), view->at(node.entry), hashes_);
}

std::optional<std::string> Filesystem::attribute(std::uint64_t inode, std::string_view name) {
  if (!name.starts_with("user.varve.")) return std::nullopt;
  const Node node = nodes_.find(inode);
  if (node.kind != NodeKind::entry) return std::nullopt;
  const auto view = tree_.current_view(node.snapshot);
  return read_attribute(view->snapshot(), view->at(node.entry), name, hashes_);
}

struct statvfs Filesystem::space() const {
  struct statvfs space {};
  if (::statvfs(repository_->path().c_str(), &space) != 0) {
    throw system_error(errno, "cannot tell the space of " + repository_->path().native());
  }
  space.f_flag |= ST_RDONLY;
  space.f_namemax = 255;
  return space;
}

void Filesystem::settle() {
  const auto listing = list_.current();
  cache_.drop_unless([&](const SnapshotId& id) { return listing->find(id) != nullptr; });
  pins_.settle();
}

}  // namespace varve
