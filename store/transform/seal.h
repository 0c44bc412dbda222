// The last step before the disk, and the first after it, for the repository's small documents
// (configuration, snapshot records, attestations): XXH3-64 over all bytes before it, at the end.
//
// The place where an encrypted repository puts AES-256-GCM instead; objects in packs carry their
// checksum in their own header (object.h). Pure.
#pragma once

#include <string_view>

#include "store/core/encoding.h"

namespace varve {

void seal_record(Encoder& out);

// The bytes before the seal; throws a corrupt Error that names `what` where it does not fit.
ByteView open_record(ByteView sealed, std::string_view what);

}  // namespace varve
