// What became of a file, a table, a row or a schema object between two states.
#pragma once

#include <cstdint>

namespace varve {

enum class ChangeKind : std::uint8_t { added, removed, changed };

}  // namespace varve
