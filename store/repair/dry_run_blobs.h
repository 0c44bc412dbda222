// A repository's blobs, where what is written stays in memory: for trying out what a repair would
// come to. Renaming changes names here alone, removing is refused. Reading is thread-safe, writing
// is not.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "store/blob/backend.h"

namespace varve {

class DryRunBlobs : public BlobBackend {
 public:
  explicit DryRunBlobs(BlobBackend& below) : below_(below) {}

  std::unique_ptr<BlobWriter> create(const std::string& name) override;
  std::unique_ptr<Blob> open(const std::string& name) override;
  std::unique_ptr<Blob> open_healed(const std::string& name) override;
  bool remove(const std::string& name) override;
  bool rename(const std::string& from, const std::string& to) override;
  std::vector<BlobInfo> list(const std::string& prefix) override;  // nothing written
  std::uint64_t remove_leftovers() override { return 0; }

 private:
  BlobBackend& below_;
  std::map<std::string, std::shared_ptr<const Bytes>> written_;
  std::map<std::string, std::string> renamed_;  // by the new name: that below
};

}  // namespace varve
