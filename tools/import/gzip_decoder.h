// gzip, by zlib, with every checksum checked: libarchive's own decoder skips them.
//
// Several members one after the other are one stream, as gunzip has it; zeros may pad the end.
// Not thread-safe.
#pragma once

#include <memory>

#include "store/core/file.h"

namespace varve {

class GzipDecoder {
 public:
  explicit GzipDecoder(const File& file);  // which must outlive it
  ~GzipDecoder();
  GzipDecoder(const GzipDecoder&) = delete;
  GzipDecoder& operator=(const GzipDecoder&) = delete;

  // At least one byte; 0: the end, and all was whole. Throws a failed Error that says what is wrong
  // with the stream, and does not name the file.
  std::size_t read(MutableBytes out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace varve
