// Names of things, as types that do not mix.
//
//   ChunkId   SHA-256 of a chunk's plain bytes: stands once, in the chunk's object header.
//   ChunkRef  its first 16 bytes: what manifests and snapshot records hold. Ingest compares
//             the whole ChunkId before it shares a chunk, so a ref means one stored chunk.
//   ChunkKey  its first 8 bytes as a number (big endian): the catalog's row id, and how a
//             delta names its base. Two chunks with one key are told apart by the catalog
//             (see catalog.h, "crowded").
// Rejected: 32-byte references everywhere. References are two thirds of the bookkeeping of a
// small change; an attacker who finds two chunks with one ref (2^64 work) gets a failed
// ingest, never a wrong byte.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>

#include "store/core/bytes.h"

namespace varve {

// `N` bytes that name something; Tag keeps the kinds apart.
template <class Tag, std::size_t N>
struct Id {
  static constexpr std::size_t size = N;
  std::array<std::byte, N> bytes{};

  static Id from(ByteView view) {  // the first N bytes; view.size() >= N
    Id id;
    std::memcpy(id.bytes.data(), view.data(), N);
    return id;
  }
  ByteView view() const noexcept { return bytes; }
  friend auto operator<=>(const Id&, const Id&) = default;
};

using ChunkId = Id<struct ChunkIdTag, 32>;
using ChunkRef = Id<struct ChunkRefTag, 16>;
using Sha256 = Id<struct Sha256Tag, 32>;          // of a whole file
using PackId = Id<struct PackIdTag, 8>;           // random; the pack's file name in hex
using SnapshotId = Id<struct SnapshotIdTag, 16>;  // random
using RepositoryId = Id<struct RepositoryIdTag, 16>;

struct ChunkKey {
  std::uint64_t value = 0;
  friend auto operator<=>(const ChunkKey&, const ChunkKey&) = default;
};

ChunkRef ref_of(const ChunkId& id) noexcept;
ChunkKey key_of(const ChunkRef& ref) noexcept;
ChunkKey key_of(const ChunkId& id) noexcept;

std::string to_hex(ByteView bytes);
// The bytes of a lower-case or upper-case hex text of even length; nothing if it is not one.
std::optional<Bytes> from_hex(std::string_view text);

void fill_random(MutableBytes out);  // from the kernel; throws Error
template <class AnyId>
AnyId random_id() {
  AnyId id;
  fill_random(id.bytes);
  return id;
}

}  // namespace varve

template <class Tag, std::size_t N>
struct std::hash<varve::Id<Tag, N>> {
  std::size_t operator()(const varve::Id<Tag, N>& id) const noexcept {
    std::size_t value = 0;  // ids are uniform already
    std::memcpy(&value, id.bytes.data(), N < sizeof value ? N : sizeof value);
    return value;
  }
};

template <>
struct std::hash<varve::ChunkKey> {
  std::size_t operator()(const varve::ChunkKey& key) const noexcept { return key.value; }
};
