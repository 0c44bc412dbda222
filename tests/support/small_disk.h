// A disk that fills up: a tmpfs of a few bytes, mounted while this lives. Takes root.
#pragma once

#include <sys/mount.h>
#include <sys/statvfs.h>

#include <filesystem>
#include <string>
#include <system_error>

#include "store/core/error.h"
#include "store/core/file.h"
#include "tests/support/temp_folder.h"

namespace varve {

class SmallDisk {
 public:
  explicit SmallDisk(std::uint64_t bytes) {
    const std::string options = "size=" + std::to_string(bytes);
    if (::mount("varve-test", path().c_str(), "tmpfs", 0, options.c_str()) != 0) {
      throw std::system_error(errno, std::generic_category(), "mount " + path().native());
    }
  }
  ~SmallDisk() { ::umount2(path().c_str(), MNT_DETACH); }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  const std::filesystem::path& path() const noexcept { return folder_.path(); }
  std::filesystem::path operator/(std::string_view name) const { return folder_ / name; }

  std::uint64_t free_bytes() const {
    struct statvfs found {};
    ::statvfs(path().c_str(), &found);
    return found.f_bfree * found.f_bsize;
  }
  // Puts a file there that leaves this much.
  void fill(std::uint64_t leave = 0) {
    File filler = File::open_or_create(path() / "filler");
    const std::uint64_t present = filler.size();
    const std::uint64_t free = free_bytes();
    if (free > leave) filler.write_all_at(present, Bytes(free - leave));
  }
  void empty() { remove_file(path() / "filler"); }

 private:
  TempFolder folder_;
};

}  // namespace varve
