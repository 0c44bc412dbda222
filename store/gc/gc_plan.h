// Which packs gc takes in hand. Pure.
#pragma once

#include <vector>

#include "store/gc/pack_use.h"

namespace varve {

// A pack counts as small below this many bytes; more small ones than this are merged. Every
// ingest leaves at least one pack, so hourly ones would leave thousands a year, each a file to
// open, to list, and to seek to. A byte is rewritten this way about log64 of the size of its pack
// times before that is not small any more: once or twice.
inline constexpr std::uint64_t kSmallPack = 8u << 20;
inline constexpr std::size_t kSmallPacks = 64;
// Packs are rewritten together up to this many live bytes: what gc needs in free space.
inline constexpr std::uint64_t kGroupBytes = 32u << 20;

// All garbage, or at least `worth` of it garbage, or one of too many small ones. Where live
// objects are lost, damaged packs stay, since those may lie in them.
std::vector<PackUse> choose_packs(const Usage& usage, double worth);

// Those in which something lives, smallest first, in groups to be rewritten together.
std::vector<std::vector<PackUse>> group_packs(std::vector<PackUse> packs);

}  // namespace varve
