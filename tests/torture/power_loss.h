// What a disk may hold after the power went, by a trace of what a program did until then.
//
// Durable is what was synced: a file's bytes and size by fsync or fdatasync of it, a name by fsync
// of its folder. Of the rest anything may have reached the disk or not: each sector of each write
// by itself and in any order, each change of a name by itself, where a rename is one change. That
// is more than the filesystems of today would lose, and all that POSIX allows them to.
#pragma once

#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "store/core/file.h"
#include "tests/torture/file_trace.h"

namespace varve::torture {

class Disk {
 public:
  // As `folder` is now: all durable.
  explicit Disk(const Path& folder);

  // The next thing that was done. Things outside of the folder are passed over.
  void apply(const TraceRecord& record);

  // Writes one of the states that a power loss may leave to `target`.
  void write_after_loss(const Path& target, std::mt19937_64& random) const;

 private:
  struct File {
    std::string durable;                    // of a symbolic link its target, durable with its name
    std::vector<TraceRecord> pending = {};  // write, resize, extend
    bool is_link = false;
  };
  struct Name {
    std::string path;
    std::optional<std::uint64_t> inode;  // nothing: it is gone
  };
  using Change = std::vector<Name>;  // all of it or none

  bool is_inside(const std::string& path) const;
  void change_names(Change change);
  void sync_folder(const std::string& path);
  void scan(const Path& folder);
  // A number for what had none before the call.
  // The kernel gave the number of a file that is gone to another: the old one takes a new number.
  void retire(std::uint64_t inode);
  std::uint64_t new_inode() const { return ~(folders_.size() + files_.size()); }
  void write_file(const File& file, const Path& place, int how, std::mt19937_64& random) const;

  std::string root_;
  std::map<std::uint64_t, File> files_;
  std::map<std::uint64_t, bool> folders_;       // inodes that are folders
  std::map<std::string, std::uint64_t> names_;  // durable
  std::map<std::string, std::uint64_t> seen_;   // as the program sees them
  std::vector<Change> pending_;
};

std::vector<TraceRecord> read_trace(const Path& file);

}  // namespace varve::torture
