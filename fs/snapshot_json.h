// A snapshot as JSON: snapshot.json on the mount, and what the command line prints of one.
//
// Fields: name, id, time, host, tags, sources (name, kind, location, moment, facts, row_counts),
// files (path, source, size, mode, mtime; where they have it type "folder" or "link", target, uid,
// gid, format, facts, sha256), raw_bytes, new_bytes, added_bytes,
// verified, attestations (source, level, passed, time, seconds, program, detail, file, sha256,
// row_counts). Times are ISO 8601 in UTC, modes octal text, sizes bytes.
#pragma once

#include <string>

#include "store/snapshots/snapshot.h"

namespace varve {

// Indented by two, with a newline at the end. Bytes that are no UTF-8 become U+FFFD.
std::string snapshot_json(const Snapshot& snapshot);

}  // namespace varve
