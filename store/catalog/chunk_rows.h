// The catalog's rows of chunks and crowded chunks, inside a transaction of the caller.
// Not thread-safe.
#pragma once

#include <optional>
#include <span>

#include "store/catalog/connection.h"

namespace varve {

// Nothing where there is no row, or it leads into a dropped or unknown pack.
std::optional<Location> find_chunk(Connection& connection, ChunkKey key);
std::optional<Location> find_crowded_chunk(Connection& connection, const ChunkRef& ref);

// A pack and the rows of its chunks, by the rule of Catalog::add_packs.
void add_pack(Connection& connection, const NewPack& pack);

// A pack and the rows of its chunks, by the rule of Catalog::correct.
void place_pack(Connection& connection, const NewPack& pack);

// Removes the row of a chunk, wherever it leads.
void remove_chunk(Connection& connection, const ChunkRef& ref, bool crowded);

// Removes the rows of these chunks, crowded or not, that lead into pack `number`.
void remove_chunks(Connection& connection, std::uint64_t number, std::span<const ChunkRef> refs);

// One line for each row that is no location, or leads beyond the end of its pack.
void check_chunks(Connection& connection, std::vector<std::string>& wrong);

}  // namespace varve
