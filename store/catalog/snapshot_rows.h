// The catalog's rows of snapshots and attestations, inside a transaction of the caller.
// Not thread-safe.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "store/catalog/connection.h"

namespace varve {

// Oldest first, attestations attached.
std::vector<SnapshotRow> read_snapshots(Connection& connection);
std::optional<SnapshotRow> read_snapshot(Connection& connection, const SnapshotId& id);
// Newest first, until `visit` returns false; no row is read that is not wanted.
void visit_newest_first(Connection& connection,
                        const std::function<bool(const SnapshotRow&)>& visit);

// The directory name for `time` that no snapshot has.
std::string free_name(Connection& connection, Timestamp time);
// Whether one has its id or its name.
bool has_snapshot(Connection& connection, const SnapshotRow& row);
void insert_snapshot(Connection& connection, const SnapshotRow& row);
// False for an unknown snapshot.
bool insert_attestation(Connection& connection, const SnapshotId& id, ByteView attestation);
bool delete_snapshot(Connection& connection, const SnapshotId& id);

}  // namespace varve
