// Blobs with parity: a decorator over another backend that gives each blob a sidecar,
// "parity/<name of the blob>", out of which damaged places are made anew (FORMAT.md "Parity").
//
// commit() returns when blob and sidecar are durable; the blob comes first, so that a sidecar never
// stands for bytes that nobody has. A crash between the two leaves a blob without sidecar, which
// nothing refers to yet; one in remove() or rename() leaves a sidecar without blob: a leftover,
// which create() under that name takes away, and gc (find_leftover_sidecars() in orphans.h).
//
// Blobs under new names (rename) have no parity; put_back() is for those that were lost under a
// wrong one. list() does not show sidecars. Thread-safe.
#pragma once

#include "store/blob/backend.h"
#include "store/blob/protected_blob.h"
#include "store/blob/sidecar.h"

namespace varve {

// What examine() found out about a blob.
struct ParityState {
  enum class Sidecar { whole, damaged, unusable, missing };

  bool blob_is_missing = false;
  bool has_wrong_size = false;
  std::uint64_t damaged_blocks = 0;  // of the blob, those that are lost among them
  std::uint64_t lost_blocks = 0;     // beyond what parity can mend
  Sidecar sidecar = Sidecar::whole;

  bool blob_is_damaged() const noexcept {
    return blob_is_missing || has_wrong_size || damaged_blocks > 0;
  }
  bool is_whole() const noexcept { return !blob_is_damaged() && sidecar == Sidecar::whole; }
  // Whether there are whole blocks enough. Of a blob without usable sidecar nothing is known.
  bool can_be_healed() const noexcept {
    return lost_blocks == 0 && (sidecar == Sidecar::whole || sidecar == Sidecar::damaged);
  }
};

class ParityBackend : public BlobBackend {
 public:
  // `percent`: as in parity_shape.h.
  ParityBackend(std::unique_ptr<BlobBackend> below, std::uint32_t percent);

  std::unique_ptr<BlobWriter> create(const std::string& name) override;
  std::unique_ptr<Blob> open(const std::string& name) override;
  std::unique_ptr<Blob> open_healed(const std::string& name) override;
  bool remove(const std::string& name) override;
  bool rename(const std::string& from, const std::string& to) override;
  std::vector<BlobInfo> list(const std::string& prefix) override;
  std::uint64_t remove_leftovers() override;

  // Gives a blob back the name that it was written under. What rename() would take for another
  // blob's sidecar is its own: that stays, or comes along. False: `from` was not there.
  bool put_back(const std::string& from, const std::string& to);
  // Whether it has a sidecar of use.
  bool has_parity(const std::string& name) { return open_protected(name) != nullptr; }
  // Reads the whole blob and its sidecar.
  ParityState examine(const std::string& name);
  // Writes anew, each in one step: the blob where it is damaged and can be healed, then the sidecar
  // where it is damaged. `is_whole`: whether a blob without usable sidecar proves itself. False:
  // it could not be done.
  bool mend(const std::string& name, const ParityState& state,
            const std::function<bool()>& is_whole);
  // Of all sidecars, by their blobs' names; the sizes are the sidecars'.
  std::vector<BlobInfo> sidecars();
  void remove_sidecar(const std::string& blob_name);

 private:
  friend class ParityWriter;
  std::unique_ptr<ProtectedBlob> open_protected(const std::string& name);
  void remove_leftover(const std::string& name);
  Bytes sidecar_of(const std::string& name, std::uint64_t size, const ReadAt& read) const;
  bool sidecar_is(const std::string& name, ByteView wanted);
  bool has_its_sidecar(const std::string& name, const Blob& blob);

  const std::unique_ptr<BlobBackend> below_;
  const std::uint32_t percent_;
};

}  // namespace varve
