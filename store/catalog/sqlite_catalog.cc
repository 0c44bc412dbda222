#include "store/catalog/sqlite_catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <type_traits>
#include <utility>

#include "store/catalog/chunk_rows.h"
#include "store/catalog/snapshot_rows.h"

namespace varve {
namespace {

constexpr std::size_t kPurgeBatch = 4096;  // rows a transaction: others write in between
// Of each row a page or two go to the journal: half a MiB, for a disk that has no more.
constexpr std::size_t kSmallPurgeBatch = 64;

std::uint64_t read_number(Connection& connection, std::string_view sql) {
  Query query(connection.statement(sql));
  return query.step() ? query.number(0) : 0;
}

constexpr char kEpoch[] = "SELECT value FROM meta WHERE name='epoch'";
constexpr char kGeneration[] = "SELECT value FROM meta WHERE name='generation'";

void grow_generation(Connection& connection) {
  Query(connection.statement("UPDATE meta SET value=value+1 WHERE name='generation'")).run();
}

void for_each_pack(Connection& connection, std::string_view sql, const std::vector<PackId>& packs) {
  for (const PackId& pack : packs) Query(connection.statement(sql), pack.view()).run();
}

// Freed pages are filled by later rows; only when they are a quarter of the file it shrinks.
void shrink_if_worth_it(Connection& connection) {
  const std::int64_t free = connection.ask("PRAGMA freelist_count");
  if (free * 4 > connection.ask("PRAGMA page_count")) {
    connection.execute("PRAGMA incremental_vacuum");
  }
}

void check_integrity(Connection& connection, std::string_view sql,
                     std::vector<std::string>& wrong) {
  Query integrity(connection.statement(sql));
  while (integrity.step()) {
    if (integrity.text(0) != "ok") wrong.push_back(fmt::format("catalog: {}", integrity.text(0)));
  }
}

// `seen`: what the catalog had reached before it was looked at.
void add_lost_changes(Connection& connection, std::uint64_t seen, std::vector<std::string>& wrong) {
  const std::uint64_t reached = read_number(connection, kGeneration);
  if (seen <= reached) return;
  wrong.push_back(
      fmt::format("catalog: it has lost changes (it is at {}, and was at {} already): "
                  "its journal is gone or damaged, or it is an older copy",
                  reached, seen));
}

std::optional<std::uint64_t> number_of_dropped(Connection& connection, const PackId& pack) {
  Query query(connection.statement("SELECT number, dropped FROM packs WHERE id=?1"), pack.view());
  if (!query.step()) return std::nullopt;
  if (query.integer(1) == 0) {
    throw Error(ErrorCode::failed,
                fmt::format("pack {} is in use, it cannot be purged", to_hex(pack.view())));
  }
  return query.number(0);
}

}  // namespace

void SqliteCatalog::create(const Path& path) {
  File::create_new(path).close();
  try {
    Connection::make_tables(path);
    sync_directory(path.has_parent_path() ? path.parent_path() : Path("."));
  } catch (...) {
    for (const char* suffix : {"", "-wal", "-shm"}) {
      std::error_code ignored;  // the first error is the one to tell
      std::filesystem::remove(Path(path) += suffix, ignored);
    }
    throw;
  }
}

SqliteCatalog::SqliteCatalog(const Path& path)
    : place_(path),
      pool_(place_.file(),
            place_.is_unchanging() ? Connection::Sharing::unchanging : Connection::Sharing::normal),
      seen_(path) {}

template <class Work>
auto SqliteCatalog::write(const Work& work) {
  place_.expect_writable();
  const std::scoped_lock lock(write_mutex_);
  const ConnectionPool::Lease connection = pool_.take();
  Transaction transaction(*connection, Transaction::Kind::write);
  if constexpr (std::is_void_v<decltype(work(*connection))>) {
    work(*connection);
    transaction.commit();
  } else {
    auto result = work(*connection);
    transaction.commit();
    return result;
  }
}

// A catalog that has lost changes stays behind what was seen, however many come after them.
template <class Work>
auto SqliteCatalog::change_snapshots(const Work& work) {
  std::uint64_t reached = 0;
  auto result = write([&](Connection& connection) {
    const std::uint64_t seen = seen_.read().value_or(0);
    const bool is_behind = seen > read_number(connection, kGeneration);
    auto made = work(connection);
    reached = read_number(connection, kGeneration);
    if (is_behind) reached = std::max(seen, reached + 1);
    return made;
  });
  seen_.tell(reached);
  return result;
}

std::optional<Location> SqliteCatalog::find(ChunkKey key) { return find_chunk(*pool_.take(), key); }

void SqliteCatalog::find_many(std::span<const ChunkKey> keys,
                              std::span<std::optional<Location>> found) {
  const ConnectionPool::Lease connection = pool_.take();
  Transaction transaction(*connection, Transaction::Kind::read);
  for (std::size_t i = 0; i < keys.size(); ++i) found[i] = find_chunk(*connection, keys[i]);
  transaction.commit();
}

std::optional<Location> SqliteCatalog::find_crowded(const ChunkRef& ref) {
  return find_crowded_chunk(*pool_.take(), ref);
}

std::uint64_t SqliteCatalog::chunk_count() {
  return read_number(*pool_.take(),
                     "SELECT (SELECT count(*) FROM chunks) + (SELECT count(*) FROM crowded)");
}

std::vector<PackRow> SqliteCatalog::packs() {
  const ConnectionPool::Lease connection = pool_.take();
  Transaction transaction(*connection, Transaction::Kind::read);
  // A transaction sees a moment from its first read on.
  read_number(*connection, kEpoch);
  std::vector<PackRow> rows;
  for (const PackTable::Entry& entry : connection->packs().entries()) rows.push_back(entry.row);
  transaction.commit();
  return rows;
}

void SqliteCatalog::add_packs(const std::vector<NewPack>& packs) {
  write([&](Connection& connection) {
    for (const NewPack& pack : packs) add_pack(connection, pack);
  });
}

std::vector<SnapshotRow> SqliteCatalog::snapshots() {
  const ConnectionPool::Lease connection = pool_.take();
  Transaction transaction(*connection, Transaction::Kind::read);
  std::vector<SnapshotRow> rows = read_snapshots(*connection);
  transaction.commit();
  return rows;
}

void SqliteCatalog::visit_snapshots(const std::function<bool(const SnapshotRow&)>& visit) {
  const ConnectionPool::Lease connection = pool_.take();
  Transaction transaction(*connection, Transaction::Kind::read);
  visit_newest_first(*connection, visit);
  transaction.commit();
}

std::optional<SnapshotRow> SqliteCatalog::snapshot(const SnapshotId& id) {
  const ConnectionPool::Lease connection = pool_.take();
  Transaction transaction(*connection, Transaction::Kind::read);
  std::optional<SnapshotRow> row = read_snapshot(*connection, id);
  transaction.commit();
  return row;
}

SnapshotRow SqliteCatalog::commit_snapshot(
    const SnapshotId& id, Timestamp time, const std::vector<NewPack>& packs,
    const std::function<Bytes(const std::string& name)>& make_record) {
  return change_snapshots([&](Connection& connection) {
    for (const NewPack& pack : packs) add_pack(connection, pack);
    SnapshotRow row{id, free_name(connection, time), time, {}, {}};
    // Last, so that little can fail after the record is durable.
    row.record = make_record(row.name);
    insert_snapshot(connection, row);
    grow_generation(connection);
    return row;
  });
}

void SqliteCatalog::add_attestation(const SnapshotId& id, ByteView attestation,
                                    const std::function<void()>& make_durable) {
  change_snapshots([&](Connection& connection) {
    if (!insert_attestation(connection, id, attestation)) {
      throw Error(ErrorCode::not_found,
                  fmt::format("snapshot {} is not in the catalog", to_hex(id.view())));
    }
    grow_generation(connection);
    make_durable();  // last, so that little can fail after it
    return true;
  });
}

std::size_t SqliteCatalog::forget(const std::vector<SnapshotId>& ids) {
  return change_snapshots([&](Connection& connection) {
    std::size_t gone = 0;
    for (const SnapshotId& id : ids) {
      if (delete_snapshot(connection, id)) ++gone;
    }
    if (gone > 0) grow_generation(connection);
    return gone;
  });
}

std::uint64_t SqliteCatalog::generation() { return read_number(*pool_.take(), kGeneration); }

std::uint64_t SqliteCatalog::epoch() { return read_number(*pool_.take(), kEpoch); }

std::uint64_t SqliteCatalog::condemn(const std::vector<PackId>& packs) {
  return write([&](Connection& connection) {
    Query(connection.statement("UPDATE meta SET value=value+1 WHERE name='epoch'")).run();
    for_each_pack(connection,
                  "UPDATE packs SET condemned_epoch=(SELECT value FROM meta WHERE name='epoch')"
                  " WHERE id=?1 AND condemned_epoch=0",
                  packs);
    return read_number(connection, kEpoch);
  });
}

void SqliteCatalog::acquit(const std::vector<PackId>& packs) {
  write([&](Connection& connection) {
    for_each_pack(connection, "UPDATE packs SET condemned_epoch=0 WHERE id=?1", packs);
  });
}

void SqliteCatalog::drop_packs(const std::vector<PackId>& packs) {
  write([&](Connection& connection) {
    for_each_pack(connection, "UPDATE packs SET dropped=1 WHERE id=?1", packs);
  });
}

void SqliteCatalog::purge_dropped(const PackId& pack, std::span<const ChunkRef> refs) {
  std::size_t batch = kPurgeBatch;
  std::size_t failed_at = refs.size();
  for (std::size_t at = 0; at < refs.size();) {
    const auto some = refs.subspan(at, std::min(batch, refs.size() - at));
    try {
      write([&](Connection& connection) {
        const auto number = number_of_dropped(connection, pack);
        if (number) remove_chunks(connection, *number, some);
      });
      at += some.size();
    } catch (const Error& error) {
      // What failed has folded the journal in: there is room again for one of few rows.
      if (error.code() != ErrorCode::no_space || failed_at == at) throw;
      failed_at = at;
      batch = kSmallPurgeBatch;
    }
  }
  write([&](Connection& connection) {
    if (!number_of_dropped(connection, pack)) return;
    Query(connection.statement("DELETE FROM packs WHERE id=?1"), pack.view()).run();
  });
  try {
    write([](Connection& connection) { shrink_if_worth_it(connection); });
  } catch (const Error& error) {
    if (error.code() != ErrorCode::no_space) throw;  // moving pages takes a journal of them: later
  }
}

void SqliteCatalog::correct(std::span<const GoneChunk> gone, const std::vector<NewPack>& packs) {
  write([&](Connection& connection) {
    for (const GoneChunk& chunk : gone) remove_chunk(connection, chunk.ref, chunk.crowded);
    for (const NewPack& pack : packs) place_pack(connection, pack);
  });
}

bool SqliteCatalog::add_snapshot(const SnapshotRow& row) {
  return write([&](Connection& connection) {
    if (has_snapshot(connection, row)) return false;
    insert_snapshot(connection, row);
    for (const Bytes& attestation : row.attestations) {
      insert_attestation(connection, row.id, attestation);
    }
    grow_generation(connection);
    return true;
  });
}

std::uint64_t SqliteCatalog::stored_bytes() {
  // Not -shm: it only indexes the journal, and goes with the last process.
  std::uint64_t bytes = 0;
  for (const char* suffix : {"", "-wal"}) {
    std::error_code absent;
    const std::uintmax_t size = std::filesystem::file_size(Path(pool_.file()) += suffix, absent);
    if (!absent) bytes += size;
  }
  return bytes;
}

std::vector<std::string> SqliteCatalog::check() {
  const std::uint64_t seen = seen_.read().value_or(0);  // before: others commit meanwhile
  std::vector<std::string> wrong;
  const ConnectionPool::Lease connection = pool_.take();
  Transaction transaction(*connection, Transaction::Kind::read);
  try {
    check_integrity(*connection, "PRAGMA integrity_check(100)", wrong);
    if (wrong.empty()) check_chunks(*connection, wrong);
    add_lost_changes(*connection, seen, wrong);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt) throw;
    wrong.emplace_back(error.what());
  }
  return wrong;
}

std::vector<std::string> SqliteCatalog::check_roots() {
  const std::uint64_t seen = seen_.read().value_or(0);  // before: others commit meanwhile
  std::vector<std::string> wrong;
  const ConnectionPool::Lease connection = pool_.take();
  Transaction transaction(*connection, Transaction::Kind::read);
  try {
    for (const char* const sql :
         {"PRAGMA integrity_check(packs)", "PRAGMA integrity_check(snapshots)",
          "PRAGMA integrity_check(meta)"}) {
      check_integrity(*connection, sql, wrong);
    }
    add_lost_changes(*connection, seen, wrong);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt) throw;
    wrong.emplace_back(error.what());
  }
  return wrong;
}

}  // namespace varve
