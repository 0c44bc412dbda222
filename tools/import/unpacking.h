// What is inside a packed file, in order, by libarchive: gzip, zstd, bzip2 or xz around one stream,
// or a tar archive with or without such a layer. Nothing is ever written anywhere.
//
// The file is not trusted. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "store/core/file.h"
#include "store/core/time.h"

namespace varve {

class Unpacking {
 public:
  // Throws a failed Error that names the file where it is none of these.
  explicit Unpacking(const Path& path);
  ~Unpacking();
  Unpacking(const Unpacking&) = delete;
  Unpacking& operator=(const Unpacking&) = delete;

  struct Member {
    enum class Type { file, folder, symbolic_link, hard_link, special };
    Type type = Type::file;
    std::string path;  // as it stands there, of a tar archive; else empty
    mode_t mode = 0;   // permission bits
    Timestamp mtime;
    std::uint64_t size = 0;  // bytes; 0 where it is not known before
  };
  // To the next member; nothing after the last one. Throws where the file ends too early, or is
  // damaged; so does read().
  std::optional<Member> next();
  // The present member's bytes; 0 at its end.
  std::size_t read(MutableBytes out);

  bool is_tar() const;          // after the first next()
  std::string packing() const;  // "gzip", "zstd", …; empty where there is no such layer

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace varve
