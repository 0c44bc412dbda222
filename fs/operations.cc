#include "fs/operations.h"

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>
#include <utility>

#include "store/core/error.h"

namespace varve {
namespace {

// A reply's parts go to the kernel in one writev, which takes at most IOV_MAX (1024).
constexpr std::size_t kMostSlices = 512;

Filesystem& filesystem_of(fuse_req_t request) {
  return static_cast<MountedFilesystem*>(fuse_req_userdata(request))->filesystem;
}

// Where every exception of a callback ends: in an errno, and in the log if nobody expected it.
template <class Work>
void guarded(fuse_req_t request, const Work& work) noexcept {
  try {
    work(filesystem_of(request));
  } catch (const Error& error) {
    const bool expected =
        error.code() == ErrorCode::not_found || error.code() == ErrorCode::interrupted;
    if (!expected) filesystem_of(request).log().error_once(error.what());
    fuse_reply_err(request, to_errno(error.code()));
  } catch (const std::bad_alloc&) {
    fuse_reply_err(request, ENOMEM);
  } catch (const std::exception& error) {
    filesystem_of(request).log().error_once(error.what());
    fuse_reply_err(request, EIO);
  }
}

double seconds(Lifetime lifetime) {
  switch (lifetime) {
    case Lifetime::now:
      return 0;
    case Lifetime::until_told:
    case Lifetime::for_ever:
      return 365.0 * 86400;
  }
  return 0;
}

fuse_entry_param to_entry(const Filesystem::Found& found) {
  fuse_entry_param entry{};
  entry.ino = found.inode;
  entry.attr = found.attributes;
  entry.entry_timeout = seconds(found.name);
  entry.attr_timeout = seconds(found.attribute);
  return entry;
}

// An object that the kernel holds by its file handle, from open to release.
template <class Handle>
std::uint64_t give_to_kernel(std::unique_ptr<Handle> handle) {
  return reinterpret_cast<std::uint64_t>(handle.release());
}

template <class Handle>
Handle& handle_of(const fuse_file_info* info) {
  return *reinterpret_cast<Handle*>(info->fh);
}

template <class Handle>
std::unique_ptr<Handle> take_from_kernel(const fuse_file_info* info) {
  return std::unique_ptr<Handle>(reinterpret_cast<Handle*>(info->fh));
}

void init(void*, fuse_conn_info* connection) {
  connection->max_read = kLargestRead;
  // libfuse derives the pages of a request from this, those of reads as well.
  connection->max_write = kLargestRead;
  connection->max_readahead = kLargestRead;
  connection->max_background = 64;
  connection->congestion_threshold = 48;
  // Requests are small and replies lie in memory: a pipe between would be a detour.
  connection->want &=
      ~static_cast<unsigned>(FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE | FUSE_CAP_SPLICE_MOVE);
}

void lookup(fuse_req_t request, fuse_ino_t parent, const char* name) {
  guarded(request, [&](Filesystem& filesystem) {
    const Filesystem::Found found = filesystem.lookup(parent, name);
    const fuse_entry_param entry = to_entry(found);
    if (entry.ino == 0 && entry.entry_timeout <= 0) {
      fuse_reply_err(request, ENOENT);
    } else if (fuse_reply_entry(request, &entry) != 0 && entry.ino != 0) {
      filesystem.forget(entry.ino, 1);  // interrupted: the kernel never got it
    }
  });
}

void forget(fuse_req_t request, fuse_ino_t inode, std::uint64_t references) {
  filesystem_of(request).forget(inode, references);
  fuse_reply_none(request);
}

void forget_multi(fuse_req_t request, std::size_t count, fuse_forget_data* all) {
  for (std::size_t i = 0; i < count; ++i) {
    filesystem_of(request).forget(all[i].ino, all[i].nlookup);
  }
  fuse_reply_none(request);
}

void getattr(fuse_req_t request, fuse_ino_t inode, fuse_file_info* info) {
  guarded(request, [&](Filesystem& filesystem) {
    Filesystem::Found found = filesystem.attributes(inode);
    // Who has snapshot.json open goes on reading the text of that moment.
    auto* generated = info != nullptr && S_ISREG(found.attributes.st_mode)
                          ? std::get_if<GeneratedFile>(&handle_of<OpenFile>(info))
                          : nullptr;
    if (generated != nullptr && generated->may_change()) {
      found.attributes.st_size = static_cast<off_t>(generated->size());
    }
    fuse_reply_attr(request, &found.attributes, seconds(found.attribute));
  });
}

void readlink(fuse_req_t request, fuse_ino_t inode) {
  guarded(request, [&](Filesystem& filesystem) {
    fuse_reply_readlink(request, filesystem.link_target(inode).c_str());
  });
}

// --- files ----------------------------------------------------------------------------

void open(fuse_req_t request, fuse_ino_t inode, fuse_file_info* info) {
  guarded(request, [&](Filesystem& filesystem) {
    if ((info->flags & O_ACCMODE) != O_RDONLY) {
      fuse_reply_err(request, EROFS);
      return;
    }
    std::unique_ptr<OpenFile> file = filesystem.open(inode);
    const auto* generated = std::get_if<GeneratedFile>(file.get());
    info->keep_cache = generated == nullptr || !generated->may_change();
    info->noflush = true;
    info->fh = give_to_kernel(std::move(file));
    if (fuse_reply_open(request, info) != 0) take_from_kernel<OpenFile>(info);
  });
}

void reply_slices(fuse_req_t request, const Slices& slices) {
  std::array<iovec, kMostSlices> parts{};
  if (slices.size() <= parts.size()) {
    std::transform(slices.begin(), slices.end(), parts.begin(), [](const Slice& slice) {
      // writev's vector is not const, though nothing writes through it.
      // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast)
      return iovec{const_cast<std::byte*>(slice.bytes.data()), slice.bytes.size()};
    });
    fuse_reply_iov(request, parts.data(), static_cast<int>(slices.size()));
    return;
  }
  Bytes whole;
  for (const Slice& slice : slices) {
    whole.insert(whole.end(), slice.bytes.begin(), slice.bytes.end());
  }
  fuse_reply_buf(request, reinterpret_cast<const char*>(whole.data()), whole.size());
}

void read(fuse_req_t request, fuse_ino_t, std::size_t size, off_t offset, fuse_file_info* info) {
  guarded(request, [&](Filesystem& filesystem) {
    // All or nothing: to the kernel a short reply is the file's end.
    const Slices slices =
        filesystem.read(handle_of<OpenFile>(info), static_cast<std::uint64_t>(offset), size);
    reply_slices(request, slices);
  });
}

void release(fuse_req_t request, fuse_ino_t, fuse_file_info* info) {
  take_from_kernel<OpenFile>(info);
  fuse_reply_err(request, 0);
}

// --- folders --------------------------------------------------------------------------

void opendir(fuse_req_t request, fuse_ino_t inode, fuse_file_info* info) {
  guarded(request, [&](Filesystem& filesystem) {
    std::unique_ptr<OpenFolder> folder = filesystem.open_folder(inode);
    const bool immutable = folder->node().kind == NodeKind::entry;
    info->cache_readdir = immutable;
    info->keep_cache = immutable;
    info->fh = give_to_kernel(std::move(folder));
    if (fuse_reply_open(request, info) != 0) take_from_kernel<OpenFolder>(info);
  });
}

// Fills a reply with "." (0), ".." (1) and the children (2…) from `offset` on, as long as
// `add(name, child or nullptr, next offset)` says that it fitted.
template <class Add>
void list_from(OpenFolder& folder, off_t offset, const Add& add) {
  const auto children = folder.children(offset == 0);
  for (auto at = static_cast<std::size_t>(offset); at < children->size() + 2; ++at) {
    const NamedNode* child = at < 2 ? nullptr : &(*children)[at - 2];
    const char* name = child != nullptr ? child->name.c_str() : at == 0 ? "." : "..";
    if (!add(name, child, static_cast<off_t>(at + 1))) return;
  }
}

// The attributes that a plain listing shows: type and number.
struct stat sketch(const NamedNode* child, const OpenFolder& folder) {
  struct stat attributes {};
  attributes.st_mode = child != nullptr ? child->type : S_IFDIR;
  attributes.st_ino = child != nullptr ? child->node.inode : folder.node().inode;
  return attributes;
}

void readdir(fuse_req_t request, fuse_ino_t, std::size_t size, off_t offset, fuse_file_info* info) {
  guarded(request, [&](Filesystem&) {
    auto& folder = handle_of<OpenFolder>(info);
    std::vector<char> reply(size);
    std::size_t used = 0;
    list_from(folder, offset, [&](const char* name, const NamedNode* child, off_t next) {
      const struct stat attributes = sketch(child, folder);
      const std::size_t needed =
          fuse_add_direntry(request, reply.data() + used, size - used, name, &attributes, next);
      if (needed > size - used) return false;
      used += needed;
      return true;
    });
    fuse_reply_buf(request, reply.data(), used);
  });
}

// Every entry but "." and ".." counts as a lookup. A child that is gone or damaged is listed
// without attributes: who looks closer gets the error.
fuse_entry_param look_up(Filesystem& filesystem, const NamedNode* child, const OpenFolder& folder) {
  if (child != nullptr) {
    try {
      return to_entry(filesystem.remember(*child));
    } catch (const Error&) {
    }
  }
  fuse_entry_param entry{};
  entry.attr = sketch(child, folder);
  return entry;
}

void readdirplus(fuse_req_t request, fuse_ino_t, std::size_t size, off_t offset,
                 fuse_file_info* info) {
  guarded(request, [&](Filesystem& filesystem) {
    auto& folder = handle_of<OpenFolder>(info);
    std::vector<char> reply(size);
    std::size_t used = 0;
    list_from(folder, offset, [&](const char* name, const NamedNode* child, off_t next) {
      const std::size_t needed = fuse_add_direntry_plus(request, nullptr, 0, name, nullptr, next);
      if (needed > size - used) return false;
      const fuse_entry_param entry = look_up(filesystem, child, folder);
      fuse_add_direntry_plus(request, reply.data() + used, size - used, name, &entry, next);
      used += needed;
      return true;
    });
    fuse_reply_buf(request, reply.data(), used);
  });
}

void releasedir(fuse_req_t request, fuse_ino_t, fuse_file_info* info) {
  take_from_kernel<OpenFolder>(info);
  fuse_reply_err(request, 0);
}

// --- the rest -------------------------------------------------------------------------

void statfs(fuse_req_t request, fuse_ino_t) {
  guarded(request, [&](Filesystem& filesystem) {
    const struct statvfs space = filesystem.space();
    fuse_reply_statfs(request, &space);
  });
}

// xattr(7): a size of 0 asks how much room the answer needs.
void reply_attribute(fuse_req_t request, const std::string& value, std::size_t room) {
  if (room == 0) {
    fuse_reply_xattr(request, value.size());
  } else if (room < value.size()) {
    fuse_reply_err(request, ERANGE);
  } else {
    fuse_reply_buf(request, value.data(), value.size());
  }
}

void getxattr(fuse_req_t request, fuse_ino_t inode, const char* name, std::size_t room) {
  // There are no ACLs, labels or capabilities here: told so, ls and cp ask once and not again
  // for every file.
  if (!std::string_view(name).starts_with("user.")) {
    fuse_reply_err(request, EOPNOTSUPP);
    return;
  }
  guarded(request, [&](Filesystem& filesystem) {
    const auto value = filesystem.attribute(inode, name);
    if (value) {
      reply_attribute(request, *value, room);
    } else {
      fuse_reply_err(request, ENODATA);
    }
  });
}

void listxattr(fuse_req_t request, fuse_ino_t inode, std::size_t room) {
  guarded(request, [&](Filesystem& filesystem) {
    std::string names;
    for (const std::string& name : filesystem.attribute_names(inode)) names += name + '\0';
    reply_attribute(request, names, room);
  });
}

// The mount is read-only, so the kernel refuses changes before they come here; unless somebody
// remounts it.
template <class... Arguments>
void refuse_change(fuse_req_t request, Arguments...) {
  fuse_reply_err(request, EROFS);
}

}  // namespace

fuse_lowlevel_ops fuse_operations() {
  fuse_lowlevel_ops table{};
  table.init = init;
  table.lookup = lookup;
  table.forget = forget;
  table.forget_multi = forget_multi;
  table.getattr = getattr;
  table.readlink = readlink;
  table.open = open;
  table.read = read;
  table.release = release;
  table.opendir = opendir;
  table.readdir = readdir;
  table.readdirplus = readdirplus;
  table.releasedir = releasedir;
  table.statfs = statfs;
  table.getxattr = getxattr;
  table.listxattr = listxattr;
  table.setattr = refuse_change;
  table.mknod = refuse_change;
  table.mkdir = refuse_change;
  table.unlink = refuse_change;
  table.rmdir = refuse_change;
  table.symlink = refuse_change;
  table.rename = refuse_change;
  table.link = refuse_change;
  table.write = refuse_change;
  table.create = refuse_change;
  table.setxattr = refuse_change;
  table.removexattr = refuse_change;
  table.fallocate = refuse_change;
  return table;
}

void call_off_names(fuse_session* session, const Listing* before, const Listing& now) {
  if (before == nullptr) return;
  for (const ListedSnapshot& snapshot : before->snapshots()) {
    const ListedSnapshot* still = now.find(snapshot.name);
    if (still != nullptr && still->id == snapshot.id) continue;
    // ENOENT: the kernel did not know the name.
    fuse_lowlevel_notify_inval_entry(session, kRootInode, snapshot.name.data(),
                                     snapshot.name.size());
  }
  if (now.snapshots().empty()) {
    fuse_lowlevel_notify_inval_entry(session, kRootInode, "latest", 6);
  }
  fuse_lowlevel_notify_inval_inode(session, kRootInode, -1, 0);  // attributes alone
}

}  // namespace varve
