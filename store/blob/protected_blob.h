// A blob that is read with its sidecar's help: every block proven, what is damaged made anew.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "store/blob/backend.h"
#include "store/transform/erasure_code.h"
#include "store/transform/sidecar_format.h"

namespace varve {

// Thread-safe.
class ProtectedBlob {
 public:
  // `blob`: nothing where its file is gone. nullptr where the sidecar is no use: another blob's, or
  // both of its heads are damaged.
  static std::unique_ptr<ProtectedBlob> open(const std::string& name, std::unique_ptr<Blob> blob,
                                             std::unique_ptr<Blob> sidecar);

  const ParityShape& shape() const noexcept { return shape_; }

  // Block `number` of the blob, `out` as long as it (the last one may be short).
  enum class Found {
    whole,   // as the disk has it
    healed,  // made anew
    lost,    // too much of its stripe is damaged: `out` is not filled
  };
  Found read_block(std::uint64_t number, MutableBytes out) const;
  std::uint64_t block_length(std::uint64_t number) const;

  // Fills `out`, healed where it must and can be; the rest as the disk has it, or its Error.
  void read_exact_at(std::uint64_t offset, MutableBytes out) const;

 private:
  using Stripe = std::vector<Bytes>;  // its blocks, the data's first; empty: damaged

  ProtectedBlob(const ParityShape& shape, std::unique_ptr<Blob> blob,
                std::unique_ptr<Blob> sidecar);
  std::vector<std::optional<std::uint64_t>> read_checksums() const;
  bool read_from_disk(std::uint64_t number, MutableBytes block) const;
  bool is_proven(std::uint64_t block, ByteView bytes) const;
  bool heal(std::uint64_t number, MutableBytes out) const;
  Stripe read_stripe(std::uint64_t stripe) const;
  void read_unproven(std::uint64_t offset, MutableBytes out) const;

  const ParityShape shape_;
  const SidecarLayout layout_;
  const std::unique_ptr<Blob> blob_;
  const std::unique_ptr<Blob> sidecar_;
  const std::vector<std::optional<std::uint64_t>> checksums_;  // of the blob's blocks, parity's
  std::optional<ErasureCode> code_;                            // none for an empty blob
  mutable std::mutex mutex_;                                   // guards healed_
  mutable std::map<std::uint64_t, Bytes> healed_;              // blocks; a bounded number
};

}  // namespace varve
