// A stream of unknown length as one file of a snapshot: what comes through a pipe.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "store/ingest/source.h"

namespace varve {

// `read` gives the next bytes, 0 at the end; what it throws ends the file. Returns its size. The
// file has no mode of its own: dumps are nobody else's business.
std::uint64_t copy_stream(SnapshotBuilder& builder, const std::string& path, Timestamp moment,
                          const std::function<std::size_t(MutableBytes out)>& read);

}  // namespace varve
