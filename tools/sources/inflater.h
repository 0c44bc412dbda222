// zlib's and gzip's streams, unpacked piece by piece, their checksums checked.
#pragma once

#include <functional>
#include <memory>

#include "store/core/bytes.h"

namespace varve {

// Not thread-safe.
class Inflater {
 public:
  Inflater();
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Gives what comes out to `take`. Throws a corrupt Error for what is no such stream, and for what
  // follows its end.
  void add(ByteView packed, const std::function<void(ByteView)>& take);
  // The end was reached, and the checksum was right.
  bool is_complete() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace varve
