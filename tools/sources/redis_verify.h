// Proves a stored RDB file.
//
// quick  its magic, its end and its checksum, and the SHA-256 of the whole.
// full   redis-check-rdb reads it as well, as the store gives it back, through a pipe: every key
//        and value is decoded. Where that program is missing, or older than the file's format, the
//        proof is a quick one that says so.
#pragma once

#include "tools/sources/sqlite_verify.h"

namespace varve {

// All fields but the source's name; `level` is what was reached, `program` is
// empty where it was varve alone. Damage is a result, not an Error;
// an interrupted Error is thrown when `stop` asks for it. SIGPIPE must be ignored.
Attestation verify_rdb(FileReader& file, VerifyLevel level, const std::stop_token& stop = {},
                       const VerifyProgress& progress = {});

// The same of a plain file that begins as an RDB file does: what it fails says as what it was
// checked.
Attestation verify_plain_rdb(FileReader& file, VerifyLevel level, const std::stop_token& stop = {},
                             const VerifyProgress& progress = {});

}  // namespace varve
