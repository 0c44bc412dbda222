// The parts of a repository, with a fault at the Nth call of any of them: a crash at that point,
// as far as the repository on disk can tell.
#pragma once

#include <signal.h>

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

#include "store/core/error.h"
#include "store/repository/repository.h"

namespace varve {

// Counts calls; the one that is number `fails_at` throws, and so do all later ones: a process
// that has died does nothing more.
class FaultClock {
 public:
  enum class End { error, kill };  // kill: SIGKILL, for a process of the test's own
  explicit FaultClock(std::uint64_t fails_at, End end = End::error)
      : fails_at_(fails_at), end_(end) {}
  void tick() {
    if (++calls_ < fails_at_) return;
    if (end_ == End::kill) ::raise(SIGKILL);
    throw Error(ErrorCode::io, "a fault of the test");
  }
  bool has_failed() const { return calls_ >= fails_at_; }

 private:
  const std::uint64_t fails_at_;
  const End end_;
  std::atomic<std::uint64_t> calls_ = 0;  // workers call as well
};

class FailingCatalog : public Catalog {
 public:
  FailingCatalog(std::unique_ptr<Catalog> catalog, FaultClock& clock)
      : catalog_(std::move(catalog)), clock_(clock) {}

  std::optional<Location> find(ChunkKey key) override { return next().find(key); }
  void find_many(std::span<const ChunkKey> keys,
                 std::span<std::optional<Location>> found) override {
    next().find_many(keys, found);
  }
  std::optional<Location> find_crowded(const ChunkRef& ref) override {
    return next().find_crowded(ref);
  }
  std::uint64_t chunk_count() override { return next().chunk_count(); }
  std::vector<PackRow> packs() override { return next().packs(); }
  void add_packs(const std::vector<NewPack>& packs) override { next().add_packs(packs); }
  std::vector<SnapshotRow> snapshots() override { return next().snapshots(); }
  void visit_snapshots(const std::function<bool(const SnapshotRow&)>& visit) override {
    next().visit_snapshots(visit);
  }
  std::optional<SnapshotRow> snapshot(const SnapshotId& id) override { return next().snapshot(id); }
  SnapshotRow commit_snapshot(
      const SnapshotId& id, Timestamp time, const std::vector<NewPack>& packs,
      const std::function<Bytes(const std::string& name)>& make_record) override {
    return next().commit_snapshot(id, time, packs, make_record);
  }
  void add_attestation(const SnapshotId& id, ByteView attestation,
                       const std::function<void()>& make_durable) override {
    next().add_attestation(id, attestation, make_durable);
  }
  std::size_t forget(const std::vector<SnapshotId>& ids) override { return next().forget(ids); }
  std::uint64_t generation() override { return next().generation(); }
  std::uint64_t epoch() override { return next().epoch(); }
  std::uint64_t condemn(const std::vector<PackId>& packs) override { return next().condemn(packs); }
  void acquit(const std::vector<PackId>& packs) override { next().acquit(packs); }
  void drop_packs(const std::vector<PackId>& packs) override { next().drop_packs(packs); }
  void purge_dropped(const PackId& pack, std::span<const ChunkRef> refs) override {
    next().purge_dropped(pack, refs);
  }
  void correct(std::span<const GoneChunk> gone, const std::vector<NewPack>& packs) override {
    next().correct(gone, packs);
  }
  bool add_snapshot(const SnapshotRow& row) override { return next().add_snapshot(row); }
  std::uint64_t stored_bytes() override { return next().stored_bytes(); }
  std::vector<std::string> check_roots() override { return next().check_roots(); }
  std::vector<std::string> check() override { return next().check(); }

 private:
  Catalog& next() {
    clock_.tick();
    return *catalog_;
  }
  const std::unique_ptr<Catalog> catalog_;
  FaultClock& clock_;
};

class FailingBackend : public BlobBackend {
 public:
  FailingBackend(std::unique_ptr<BlobBackend> blobs, FaultClock& clock)
      : blobs_(std::move(blobs)), clock_(clock) {}

  std::unique_ptr<BlobWriter> create(const std::string& name) override;
  std::unique_ptr<Blob> open(const std::string& name) override { return next().open(name); }
  std::unique_ptr<Blob> open_healed(const std::string& name) override {
    return next().open_healed(name);
  }
  bool remove(const std::string& name) override { return next().remove(name); }
  bool rename(const std::string& from, const std::string& to) override {
    return next().rename(from, to);
  }
  std::vector<BlobInfo> list(const std::string& prefix) override { return next().list(prefix); }
  std::uint64_t remove_leftovers() override { return next().remove_leftovers(); }

 private:
  BlobBackend& next() {
    clock_.tick();
    return *blobs_;
  }
  const std::unique_ptr<BlobBackend> blobs_;
  FaultClock& clock_;
};

class FailingWriter : public BlobWriter {
 public:
  FailingWriter(std::unique_ptr<BlobWriter> writer, FaultClock& clock)
      : writer_(std::move(writer)), clock_(clock) {}

  void append(ByteView bytes) override {
    clock_.tick();
    writer_->append(bytes);
  }
  std::uint64_t size() const override { return writer_->size(); }
  void read_exact_at(std::uint64_t offset, MutableBytes out) const override {
    writer_->read_exact_at(offset, out);
  }
  void commit() override {
    clock_.tick();
    writer_->commit();
  }
  void replace() override {
    clock_.tick();
    writer_->replace();
  }

 private:
  const std::unique_ptr<BlobWriter> writer_;
  FaultClock& clock_;
};

inline std::unique_ptr<BlobWriter> FailingBackend::create(const std::string& name) {
  return std::make_unique<FailingWriter>(next().create(name), clock_);
}

// `clock` must outlive the repository.
inline Repository::Wrap failing_parts(FaultClock& clock) {
  return [&clock](RepositoryParts parts) {
    return RepositoryParts{std::make_unique<FailingBackend>(std::move(parts.blobs), clock),
                           std::make_unique<FailingCatalog>(std::move(parts.catalog), clock)};
  };
}

}  // namespace varve
