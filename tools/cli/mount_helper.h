// The call of mount(8), for `mount -t varve` and `mount -t fuse.varve`, /etc/fstab and systemd:
//
//   mount.varve REPO DIR [-sfnv] [-N NAMESPACE] [-o OPTIONS] [-t TYPE]
//
// The program is the same; its name says how it was called (mount(8), "EXTERNAL HELPERS").
#pragma once

#include <string>
#include <vector>

namespace varve::cli {

// Whether `program`, as in argv[0], is the name of a mount helper.
bool is_mount_helper(const std::string& program);

// The helper's arguments (without the program) as those of `varve mount`; empty where mount(8)
// only plays (-f). Throws a usage Error.
std::vector<std::string> mount_command(const std::vector<std::string>& arguments);

}  // namespace varve::cli
