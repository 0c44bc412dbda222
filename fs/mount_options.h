// What `-o` says, as in mount(8).
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace varve {

struct MountSettings {
  uid_t uid = 0;  // owner of everything; default: who mounts
  gid_t gid = 0;
  // Plain files show the owners that they had: where root mounts and says neither uid nor gid. Any
  // other user could not read what belongs to others there.
  bool own_owners = false;
  mode_t umask = 0;                     // taken away from every mode
  std::size_t cache_bytes = 64u << 20;  // decoded chunks kept in memory
  bool paranoid = false;                // check every chunk's id, not only its checksum
  bool local_time = false;              // names in the time zone of the mounting process
  std::string source;                   // this source alone; empty: all
  std::string snapshot;                 // this snapshot alone, at the mount point itself
  std::vector<std::string> kernel;      // for libfuse: "allow_other", "nosuid", …
};

// `text`: "ro,allow_other,uid=1000,cache=256M". Options that say nothing to a read-only mount
// (rw, noatime, x-systemd.automount, _netdev, …) are passed over, so that a line of /etc/fstab
// works. Throws a usage Error that names the option.
MountSettings parse_mount_options(std::string_view text);

// 1048576, 512K, 64M, 64MiB, 2G; nothing if it is no size.
std::optional<std::size_t> parse_size(std::string_view text);

}  // namespace varve
