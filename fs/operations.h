// The FUSE callbacks: requests in, replies out, and nothing thrown past them.
//
// Not implemented on purpose: lock and flock (the kernel does them), write and every other
// change beyond answering EROFS, access (the kernel checks modes: default_permissions).
#pragma once

#include "fs/filesystem.h"
#include "fs/fuse.h"

namespace varve {

struct MountedFilesystem {
  Filesystem& filesystem;
  fuse_session* session = nullptr;
};

// Userdata of the session is a MountedFilesystem.
fuse_lowlevel_ops fuse_operations();

// Bytes of the largest read request; also the max_read mount option.
inline constexpr unsigned kLargestRead = 1u << 20;

// Takes names that are gone away from the kernel, and the root's attributes.
void call_off_names(fuse_session* session, const Listing* before, const Listing& now);

}  // namespace varve
