// Damaged files, out of use but kept: broken/<name>. Nothing in the repository reads them; they are
// for whoever wants to look, and may be deleted at any time.
#pragma once

#include <string>

#include "store/blob/backend.h"

namespace varve {

inline constexpr std::string_view kBrokenPrefix = "broken/";

// Moves a blob there, durable; returns its new name, empty where there is no such blob. Of several
// with one name the later ones end in "-2", "-3"…
std::string put_aside(BlobBackend& blobs, const std::string& name);

}  // namespace varve
