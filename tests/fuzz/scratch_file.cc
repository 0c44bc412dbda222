#include "tests/fuzz/scratch_file.h"

#include <fmt/format.h>
#include <sys/mman.h>

namespace varve::fuzz {

ScratchFile::ScratchFile(ByteView bytes) : file_(::memfd_create("varve", MFD_CLOEXEC), "scratch") {
  file_.write_all(bytes);
}

Path ScratchFile::path() const { return fmt::format("/proc/self/fd/{}", file_.fd()); }

}  // namespace varve::fuzz
