#include "store/repository/file_losses.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "store/core/error.h"

namespace varve {
namespace {

// For one file. A manifest that an enemy wrote may lead to one lost chunk a billion billion times.
constexpr std::uint64_t kMostNodes = 1u << 20;  // of 64 TiB
constexpr std::size_t kMostRanges = 1u << 20;

// The bytes below each reference; nothing where the node does not fit what is said to be below it.
std::optional<std::vector<std::uint64_t>> lengths_of(const ManifestNode& node,
                                                     const FileEntry& file, std::uint64_t bytes) {
  std::vector<std::uint64_t> lengths = node.lengths;
  if (lengths.empty()) {
    for (std::uint64_t rest = bytes; lengths.size() < node.refs.size();) {
      lengths.push_back(std::min<std::uint64_t>(file.extent_size, rest));
      rest -= lengths.back();
    }
  }
  std::uint64_t sum = 0;
  for (const std::uint64_t length : lengths) {
    if (length == 0 || length > bytes - sum) return std::nullopt;
    sum += length;
  }
  if (sum != bytes) return std::nullopt;
  return lengths;
}

}  // namespace

FileLosses::Found FileLosses::look(const FileEntry& file) {
  Found found;
  if (!file.root) return found;
  nodes_read_ = lost_bytes_ = 0;
  if (file.levels > kHighestLevel) {
    found.manifest = true;
    add(found, {0, file.size});
  } else {
    look(file, {*file.root, file.levels, {0, file.size}}, found);
  }
  return found;
}

void FileLosses::look(const FileEntry& file, const Part& part, Found& found) {
  if (sound_.contains(part.ref)) return;
  if (const auto gone = gone_.find(part.ref); gone != gone_.end() && part.level > 0) {
    found.manifest |= gone->second;
    add(found, part.range);
    return;
  }
  const ObjectKind kind = part.level == 0 ? ObjectKind::data : ObjectKind::node;
  if (!has_(part.ref, kind)) {
    lost_[part.ref] = kind;
    found.manifest |= kind == ObjectKind::node;
    add(found, part.range);
  } else if (part.level > 0 && is_too_much(found)) {
    found.manifest = true;
    add(found, part.range);
  } else if (part.level > 0) {
    const std::size_t before = found.ranges.size();
    const ByteRange last = before == 0 ? ByteRange() : found.ranges.back();
    const std::uint64_t lost_before = lost_bytes_;
    const bool had_manifest = std::exchange(found.manifest, false);
    const bool fits = look_below(file, part, found);
    if (lost_bytes_ - lost_before == part.range.length) gone_.emplace(part.ref, found.manifest);
    found.manifest |= had_manifest;
    const bool same = found.ranges.size() == before && (before == 0 || found.ranges.back() == last);
    if (fits && same) sound_.insert(part.ref);
  }
}

bool FileLosses::look_below(const FileEntry& file, const Part& part, Found& found) {
  ++nodes_read_;
  ManifestNode node;
  std::optional<std::vector<std::uint64_t>> lengths;
  try {
    node = decode_node(read_node_(part.ref), part.level);
    lengths = lengths_of(node, file, part.range.length);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt) throw;
  }
  if (!lengths) {
    lost_[part.ref] = ObjectKind::node;
    found.manifest = true;
    add(found, part.range);
    return false;
  }
  std::uint64_t offset = part.range.offset;
  for (std::size_t i = 0; i < node.refs.size(); ++i) {
    const ByteRange range{offset, (*lengths)[i]};
    look(file, {node.refs[i], static_cast<std::uint8_t>(part.level - 1), range}, found);
    offset += range.length;
  }
  return true;
}

bool FileLosses::is_too_much(const Found& found) {
  return nodes_read_ >= kMostNodes || found.ranges.size() >= kMostRanges;
}

void FileLosses::add(Found& found, const ByteRange& range) {
  if (range.length == 0) return;
  lost_bytes_ += range.length;
  if (!found.ranges.empty()) {
    ByteRange& last = found.ranges.back();
    if (last.offset + last.length == range.offset) {
      last.length += range.length;
      return;
    }
  }
  found.ranges.push_back(range);
}

}  // namespace varve
