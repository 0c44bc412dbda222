// A file as a stream of bytes, unpacked where it is packed: gzip, zstd, bzip2 or xz. One layer is
// taken off. Nothing is written anywhere.
//
// The file is not trusted: whatever is wrong with it is a failed Error that names it. Not
// thread-safe.
#pragma once

#include <memory>
#include <string>

#include "store/core/error.h"
#include "store/core/file.h"
#include "store/core/ids.h"
#include "tools/import/backup_format.h"

namespace varve {

class PackedFile {
 public:
  explicit PackedFile(const Path& path);
  ~PackedFile();
  PackedFile(const PackedFile&) = delete;
  PackedFile& operator=(const PackedFile&) = delete;

  const std::string& packing() const;  // "gzip", "zstd", "bzip2", "xz"; empty: not packed
  // Of what is inside, by its first bytes; never packed.
  BackupFormat format() const;
  // The first bytes, up to kFormatBytes; read() gives them too.
  ByteView front() const;
  struct stat status() const;  // the file's

  // At least one byte; 0: the end, and all checksums on the way were right.
  std::size_t read(MutableBytes out);
  // Of all that is inside: after the end was read.
  const Sha256& sha256() const;

  Error error(const std::string& why) const;  // "cannot import PATH: WHY"

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace varve
