// Standard output and standard error, as the commands write to them.
#pragma once

#include <string>
#include <string_view>

#include "store/core/bytes.h"

namespace varve::cli {

// Standard output. Not thread-safe.
//
// A reader that went away (varve list | head) is no error: the rest is dropped, the command ends
// as if all had been printed. Any other failure throws: a full disk must not look like success.
class Output {
 public:
  explicit Output(int descriptor) : fd_(descriptor) {}

  void write(ByteView bytes);
  void print(std::string_view text);  // with a newline after it, unless it ends in one
  bool reader_is_gone() const noexcept { return reader_is_gone_; }

 private:
  int fd_;
  bool reader_is_gone_ = false;
};

// One line on standard error, "varve: TEXT"; what cannot be said is not said.
void complain(std::string_view text) noexcept;

// Opens /dev/null on those of the descriptors 0 to 2 that are closed. Otherwise the first file
// opened, perhaps the catalog, would take the place of standard output.
void occupy_standard_descriptors();

}  // namespace varve::cli
