// The statements of globals.sql that a scratch server can take.
//
// Tablespaces are left out: they name folders of the machine that was backed up, which may be this
// one, and in use. What belongs to one database of the old server is left out too, and what psql
// alone understands.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace varve {

// In their order, without the semicolon. `script` is what pg_dumpall --globals-only writes.
std::vector<std::string> globals_for_scratch(std::string_view script);

}  // namespace varve
