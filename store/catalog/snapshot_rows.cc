#include "store/catalog/snapshot_rows.h"

#include <fmt/format.h>

#include <utility>

namespace varve {
namespace {

struct NumberedRow {
  std::uint64_t number = 0;
  SnapshotRow row;
};

Bytes copy_of(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

// Columns: number, id, name, time, record.
NumberedRow read_row(const Connection& connection, const Query& query) {
  if (query.blob(1).size() != SnapshotId::size) {
    throw catalog_error(nullptr, SQLITE_CORRUPT, connection.file());
  }
  return {query.number(0),
          {SnapshotId::from(query.blob(1)),
           std::string(query.text(2)),
           Timestamp{query.integer(3)},
           copy_of(query.blob(4)),
           {}}};
}

void attach_attestations(Connection& connection, NumberedRow& snapshot) {
  Query query(connection.statement(
                  "SELECT attestation FROM attestations WHERE snapshot=?1 ORDER BY number"),
              snapshot.number);
  while (query.step()) snapshot.row.attestations.push_back(copy_of(query.blob(0)));
}

std::optional<std::uint64_t> number_of(Connection& connection, const SnapshotId& id) {
  Query query(connection.statement("SELECT number FROM snapshots WHERE id=?1"), id.view());
  if (!query.step()) return std::nullopt;
  return query.number(0);
}

}  // namespace

std::vector<SnapshotRow> read_snapshots(Connection& connection) {
  std::vector<SnapshotRow> rows;
  // By length first: ".10" comes after ".2".
  Query query(
      connection.statement("SELECT number, id, name, time, record FROM snapshots"
                           " ORDER BY time, length(name), name"));
  while (query.step()) {
    NumberedRow snapshot = read_row(connection, query);
    attach_attestations(connection, snapshot);
    rows.push_back(std::move(snapshot.row));
  }
  return rows;
}

void visit_newest_first(Connection& connection,
                        const std::function<bool(const SnapshotRow&)>& visit) {
  Query query(
      connection.statement("SELECT number, id, name, time, record FROM snapshots"
                           " ORDER BY time DESC, length(name) DESC, name DESC"));
  while (query.step()) {
    NumberedRow snapshot = read_row(connection, query);
    attach_attestations(connection, snapshot);
    if (!visit(snapshot.row)) return;
  }
}

std::optional<SnapshotRow> read_snapshot(Connection& connection, const SnapshotId& id) {
  Query query(connection.statement("SELECT number, id, name, time, record FROM snapshots"
                                   " WHERE id=?1"),
              id.view());
  if (!query.step()) return std::nullopt;
  NumberedRow snapshot = read_row(connection, query);
  attach_attestations(connection, snapshot);
  return std::move(snapshot.row);
}

std::string free_name(Connection& connection, Timestamp time) {
  const std::string base = to_directory_name(time);
  std::string name = base;
  for (unsigned which = 2;; ++which) {
    Query taken(connection.statement("SELECT 1 FROM snapshots WHERE name=?1"),
                std::string_view(name));
    if (!taken.step()) return name;
    name = fmt::format("{}.{}", base, which);
  }
}

bool has_snapshot(Connection& connection, const SnapshotRow& row) {
  Query query(connection.statement("SELECT 1 FROM snapshots WHERE id=?1 OR name=?2"), row.id.view(),
              std::string_view(row.name));
  return query.step();
}

void insert_snapshot(Connection& connection, const SnapshotRow& row) {
  Query(connection.statement("INSERT INTO snapshots(id, name, time, record)"
                             " VALUES(?1, ?2, ?3, ?4)"),
        row.id.view(), std::string_view(row.name), row.time.seconds, ByteView(row.record))
      .run();
}

bool insert_attestation(Connection& connection, const SnapshotId& id, ByteView attestation) {
  const std::optional<std::uint64_t> number = number_of(connection, id);
  if (!number) return false;
  Query(connection.statement("INSERT INTO attestations(snapshot, attestation) VALUES(?1, ?2)"),
        *number, attestation)
      .run();
  return true;
}

bool delete_snapshot(Connection& connection, const SnapshotId& id) {
  const std::optional<std::uint64_t> number = number_of(connection, id);
  if (!number) return false;
  Query(connection.statement("DELETE FROM attestations WHERE snapshot=?1"), *number).run();
  Query(connection.statement("DELETE FROM snapshots WHERE number=?1"), *number).run();
  return true;
}

}  // namespace varve
