// What a snapshot may be called: the names that stand in a mount's top folder and in shell scripts.
#pragma once

#include <string_view>

namespace varve {

// Letters, digits and ". - _ : +", no dot in front, at most 255 bytes, and none of the names that a
// mount has for something else. What varve gives itself, dates in UTC, always is one; a record or a
// catalog that an enemy wrote may say anything.
bool is_snapshot_name(std::string_view name);

}  // namespace varve
