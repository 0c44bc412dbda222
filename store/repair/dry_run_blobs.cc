#include "store/repair/dry_run_blobs.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "store/core/error.h"

namespace varve {
namespace {

void read_exact(const Bytes& bytes, std::uint64_t offset, MutableBytes out) {
  if (offset > bytes.size() || out.size() > bytes.size() - offset) {
    throw corrupt_error("bytes in memory");
  }
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
}

class MemoryBlob : public Blob {
 public:
  explicit MemoryBlob(std::shared_ptr<const Bytes> bytes) : bytes_(std::move(bytes)) {}
  std::uint64_t size() const override { return bytes_->size(); }
  void read_exact_at(std::uint64_t offset, MutableBytes out) const override {
    read_exact(*bytes_, offset, out);
  }

 private:
  const std::shared_ptr<const Bytes> bytes_;
};

class MemoryWriter : public BlobWriter {
 public:
  using Keep = std::function<void(Bytes)>;
  explicit MemoryWriter(Keep keep) : keep_(std::move(keep)) {}
  void append(ByteView bytes) override { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  std::uint64_t size() const override { return bytes_.size(); }
  void read_exact_at(std::uint64_t offset, MutableBytes out) const override {
    read_exact(bytes_, offset, out);
  }
  void commit() override { keep_(bytes_); }
  void replace() override { keep_(bytes_); }

 private:
  const Keep keep_;
  Bytes bytes_;
};

Error refused(const std::string& name) {
  return Error(ErrorCode::failed, fmt::format("{} stays as it is: this is a dry run", name));
}

}  // namespace

std::unique_ptr<BlobWriter> DryRunBlobs::create(const std::string& name) {
  return std::make_unique<MemoryWriter>([this, name](Bytes bytes) {
    written_[name] = std::make_shared<const Bytes>(std::move(bytes));
  });
}

std::unique_ptr<Blob> DryRunBlobs::open(const std::string& name) {
  if (const auto found = written_.find(name); found != written_.end()) {
    return std::make_unique<MemoryBlob>(found->second);
  }
  const auto renamed = renamed_.find(name);
  return below_.open(renamed == renamed_.end() ? name : renamed->second);
}

std::unique_ptr<Blob> DryRunBlobs::open_healed(const std::string& name) {
  // Below there is none of a new name, or a sidecar without its blob.
  if (written_.contains(name) || renamed_.contains(name)) return nullptr;
  return below_.open_healed(name);
}

bool DryRunBlobs::remove(const std::string& name) { throw refused(name); }

bool DryRunBlobs::rename(const std::string& from, const std::string& to) {
  if (!below_.open(from)) return false;
  renamed_[to] = from;
  return true;
}

std::vector<BlobInfo> DryRunBlobs::list(const std::string& prefix) {
  std::vector<BlobInfo> blobs = below_.list(prefix);
  for (BlobInfo& blob : blobs) {
    for (const auto& [name, below] : renamed_) {
      if (blob.name == below) blob.name = name;
    }
  }
  return blobs;
}

}  // namespace varve
