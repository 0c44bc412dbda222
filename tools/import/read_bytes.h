// Bytes that come in order, whatever they come from.
#pragma once

#include <functional>

#include "store/core/bytes.h"

namespace varve {

// Fills `out` from its front with the next bytes, at least one; 0 at the end.
using ReadBytes = std::function<std::size_t(MutableBytes out)>;

// The first kFormatBytes of them; fewer where there are no more.
Bytes read_front(const ReadBytes& read);
// The same bytes again, with those that were read in front.
ReadBytes with_front(Bytes front, ReadBytes rest);

}  // namespace varve
