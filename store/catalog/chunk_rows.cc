#include "store/catalog/chunk_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/core/encoding.h"

namespace varve {
namespace {

// The column `at` of chunks and crowded.
struct At {
  std::uint64_t pack = 0;  // its number
  std::uint64_t offset = 0;
  std::uint32_t length = 0;
  friend bool operator==(const At&, const At&) = default;
};

// Keys are uniform over 64 bits, SQLite's integers signed.
std::int64_t row_key(ChunkKey key) { return static_cast<std::int64_t>(key.value); }

Bytes encode(const At& at) {
  Encoder out;
  out.varint(at.pack);
  out.varint(at.offset);
  out.varint(at.length);
  return out.take();
}

At decode(ByteView bytes, const Connection& connection) {
  Decoder in(bytes, connection.file().native());
  At at;
  at.pack = in.varint();
  at.offset = in.varint();
  at.length = static_cast<std::uint32_t>(in.count(~std::uint32_t{0}));
  in.finish();
  return at;
}

std::optional<Location> location_in_row(Connection& connection, Query& row) {
  if (!row.step()) return std::nullopt;
  const At at = decode(row.blob(0), connection);
  const PackRow* const pack = connection.packs().find(at.pack);
  if (pack == nullptr || pack->dropped) return std::nullopt;
  return Location{pack->id, at.offset, at.length};
}

constexpr char kFindChunk[] = "SELECT at FROM chunks WHERE key=?1";

// A pack being added: its number, and the packs that rows may not stay in.
class PackAdder {
 public:
  enum class Rows { may_stay, all_move };
  PackAdder(Connection& connection, std::uint64_t number, std::uint64_t epoch, Rows rows)
      : connection_(connection), number_(number), epoch_(epoch), rows_(rows) {}

  void add(const ChunkRow& row) {
    const At at{number_, row.offset, row.length};
    if (row.crowded || !take_key(key_of(row.ref), at)) crowd(row.ref, at);
  }

 private:
  // Whether the key's row now leads to `at`; if not, a row that may be another chunk's stays.
  bool take_key(ChunkKey key, const At& at) {
    const Bytes bytes = encode(at);
    Query(connection_.statement("INSERT OR IGNORE INTO chunks VALUES(?1, ?2)"), row_key(key),
          ByteView(bytes))
        .run();
    if (connection_.changed_rows() > 0) return true;
    const At present = row_of(key);
    if (present == at) return true;
    if (stays(present)) return false;
    Query(connection_.statement("UPDATE chunks SET at=?2 WHERE key=?1"), row_key(key),
          ByteView(bytes))
        .run();
    return true;
  }

  void crowd(const ChunkRef& ref, const At& at) {
    const Bytes bytes = encode(at);
    Query present(connection_.statement("SELECT at FROM crowded WHERE ref=?1"), ref.view());
    if (present.step() && stays(decode(present.blob(0), connection_))) return;
    Query(connection_.statement("INSERT OR REPLACE INTO crowded VALUES(?1, ?2)"), ref.view(),
          ByteView(bytes))
        .run();
  }

  At row_of(ChunkKey key) {
    Query row(connection_.statement(kFindChunk), row_key(key));
    row.step();
    return decode(row.blob(0), connection_);
  }

  bool stays(const At& present) {
    if (rows_ == Rows::all_move) return false;
    const PackRow* const pack = connection_.packs().find(present.pack);
    if (pack == nullptr || pack->dropped) return false;
    return pack->condemned_epoch == 0 || pack->condemned_epoch > epoch_;
  }

  Connection& connection_;
  const std::uint64_t number_;
  const std::uint64_t epoch_;
  const Rows rows_;
};

std::uint64_t add_pack_row(Connection& connection, const NewPack& pack) {
  Query(connection.statement("INSERT OR IGNORE INTO packs(id, size) VALUES(?1, ?2)"),
        pack.id.view(), pack.size)
      .run();
  connection.forget_packs();
  Query row(connection.statement("SELECT number FROM packs WHERE id=?1"), pack.id.view());
  row.step();
  return row.number(0);
}

void add_rows(const NewPack& pack, PackAdder adder) {
  // In the tree's order: each page is touched once. Of two chunks of one key the first stays so.
  std::vector<const ChunkRow*> rows;
  rows.reserve(pack.chunks.size());
  for (const ChunkRow& row : pack.chunks) rows.push_back(&row);
  std::stable_sort(rows.begin(), rows.end(), [](const ChunkRow* a, const ChunkRow* b) {
    return row_key(key_of(a->ref)) < row_key(key_of(b->ref));
  });
  for (const ChunkRow* row : rows) adder.add(*row);
}

}  // namespace

std::optional<Location> find_chunk(Connection& connection, ChunkKey key) {
  Query row(connection.statement(kFindChunk), row_key(key));
  return location_in_row(connection, row);
}

std::optional<Location> find_crowded_chunk(Connection& connection, const ChunkRef& ref) {
  Query row(connection.statement("SELECT at FROM crowded WHERE ref=?1"), ref.view());
  return location_in_row(connection, row);
}

void add_pack(Connection& connection, const NewPack& pack) {
  const std::uint64_t number = add_pack_row(connection, pack);
  add_rows(pack, PackAdder(connection, number, pack.epoch, PackAdder::Rows::may_stay));
}

void place_pack(Connection& connection, const NewPack& pack) {
  const std::uint64_t number = add_pack_row(connection, pack);
  Query(connection.statement("UPDATE packs SET condemned_epoch=0, dropped=0 WHERE number=?1"),
        number)
      .run();
  connection.forget_packs();
  add_rows(pack, PackAdder(connection, number, pack.epoch, PackAdder::Rows::all_move));
}

void remove_chunk(Connection& connection, const ChunkRef& ref, bool crowded) {
  if (crowded) {
    Query(connection.statement("DELETE FROM crowded WHERE ref=?1"), ref.view()).run();
  } else {
    Query(connection.statement("DELETE FROM chunks WHERE key=?1"), row_key(key_of(ref))).run();
  }
}

void remove_chunks(Connection& connection, std::uint64_t number, std::span<const ChunkRef> refs) {
  // A varint is no other's beginning, so the pack can be told by the column's first bytes.
  Encoder out;
  out.varint(number);
  const ByteView prefix(out.buffer());
  const std::uint64_t length = prefix.size();
  for (const ChunkRef& ref : refs) {
    Query(connection.statement("DELETE FROM chunks WHERE key=?1 AND substr(at, 1, ?2)=?3"),
          row_key(key_of(ref)), length, prefix)
        .run();
    Query(connection.statement("DELETE FROM crowded WHERE ref=?1 AND substr(at, 1, ?2)=?3"),
          ref.view(), length, prefix)
        .run();
  }
}

void check_chunks(Connection& connection, std::vector<std::string>& wrong) {
  const PackTable packs = connection.packs();
  Query row(
      connection.statement("SELECT at, printf('%016x', key) FROM chunks"
                           " UNION ALL SELECT at, lower(hex(ref)) FROM crowded"));
  while (row.step()) {
    try {
      const At at = decode(row.blob(0), connection);
      const PackRow* const pack = packs.find(at.pack);
      if (pack == nullptr) continue;  // left behind by a purged pack
      if (at.offset <= pack->size && at.length <= pack->size - at.offset) continue;
      wrong.push_back(fmt::format("catalog: chunk {} lies beyond the end of pack {}", row.text(1),
                                  to_hex(pack->id.view())));
    } catch (const Error& error) {
      wrong.push_back(fmt::format("catalog: the row of chunk {}: {}", row.text(1), error.what()));
    }
  }
}

}  // namespace varve
