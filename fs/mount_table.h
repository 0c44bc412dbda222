// What is mounted where, by the kernel's word (/proc/self/mountinfo). Asks no filesystem, so a
// dead mount or an automount point is told as safely as any other.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/core/file.h"

namespace varve {

inline constexpr std::string_view kMountType = "fuse.varve";

struct MountEntry {
  Path point;
  std::string type;    // "ext4", "fuse.varve", "autofs"
  std::string source;  // for a varve mount: the repository
};

std::vector<MountEntry> parse_mount_table(std::string_view mountinfo);

// The topmost mount at exactly this absolute path; nothing if none is there.
std::optional<MountEntry> mounted_at(const Path& point);

// Absolute, symbolic links resolved; the last part is looked at only as far as to tell whether
// it is a link.
Path normal_mount_point(const Path& point);

}  // namespace varve
