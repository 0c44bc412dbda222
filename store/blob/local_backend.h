// Blobs as files under one folder of the local filesystem.
//
// A writer appends to a ".tmp-…" file in the blob's own folder; commit() syncs it, renames it
// and syncs the folder. Folders are made when the first blob needs them and never removed.
// Files beside blobs (the catalog, locks) may lie under the same root; list() shows them too.
#pragma once

#include <mutex>
#include <set>

#include "store/blob/backend.h"
#include "store/core/file.h"

namespace varve {

class LocalBackend : public BlobBackend {
 public:
  explicit LocalBackend(Path root);  // an existing folder

  std::unique_ptr<BlobWriter> create(const std::string& name) override;
  std::unique_ptr<Blob> open(const std::string& name) override;
  bool remove(const std::string& name) override;
  bool rename(const std::string& from, const std::string& to) override;
  std::vector<BlobInfo> list(const std::string& prefix) override;
  std::uint64_t remove_leftovers() override;

 private:
  Path path_of(const std::string& name) const;
  void make_folder(const Path& folder);

  const Path root_;
  std::mutex mutex_;
  std::set<Path> durable_folders_;  // guarded by mutex_; known to be there, names durable
};

}  // namespace varve
