// A tar archive's members, in order, by libarchive. Nothing is written anywhere.
//
// The archive is not trusted: whatever is wrong with it is a failed Error that names the file. Not
// thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "store/core/time.h"
#include "store/snapshots/snapshot.h"
#include "tools/import/packed_file.h"

namespace varve {

struct TarMember {
  enum class Type { file, folder, symbolic_link, hard_link, special };
  Type type = Type::file;
  std::string path;    // as it stands there
  std::string target;  // of a link, as it stands there
  mode_t mode = 0;     // permission bits, up to 07777
  Owner owner;
  Timestamp mtime;
  std::uint32_t mtime_nanoseconds = 0;
  std::uint64_t size = 0;  // bytes
};

class TarReader {
 public:
  explicit TarReader(PackedFile& file);  // which must outlive it
  ~TarReader();
  TarReader(const TarReader&) = delete;
  TarReader& operator=(const TarReader&) = delete;

  // To the next member. Nothing: it was the last one, and the whole file was read and is sound.
  std::optional<TarMember> next();
  // The present member's bytes; 0 at its end. Holes of sparse members are zeros.
  std::size_t read(MutableBytes out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace varve
