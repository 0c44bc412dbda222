#include "fs/node.h"

#include <tuple>

#include "store/transform/digest.h"

namespace varve {
namespace {

// 63 bits: some programs keep inode numbers in signed integers.
std::uint64_t fold(std::uint64_t hash) {
  const std::uint64_t number = hash >> 1;
  return number > 1 ? number : number + 2;
}

}  // namespace

bool same_thing(const Node& a, const Node& b) {
  return std::tie(a.kind, a.axis, a.entry, a.snapshot, a.label) ==
         std::tie(b.kind, b.axis, b.entry, b.snapshot, b.label);
}

std::uint64_t inode_of(const SnapshotId& snapshot, std::string_view path) {
  return fold(checksum(snapshot.view(), as_bytes(path)));
}

std::uint64_t inode_of(std::string_view path) { return fold(checksum(as_bytes(path))); }

}  // namespace varve
