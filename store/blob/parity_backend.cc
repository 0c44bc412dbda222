#include "store/blob/parity_backend.h"

#include <algorithm>
#include <utility>

#include "store/core/error.h"

namespace varve {
namespace {

constexpr std::string_view kPrefix = "parity/";
constexpr std::size_t kCopyStep = 1u << 20;  // bytes

std::string sidecar_name(const std::string& blob_name) { return std::string(kPrefix) + blob_name; }

bool is_sidecar(const BlobInfo& blob) { return blob.name.starts_with(kPrefix); }

// A blob that looks as it was written.
class HealedBlob : public Blob {
 public:
  explicit HealedBlob(std::unique_ptr<ProtectedBlob> blob) : blob_(std::move(blob)) {}
  std::uint64_t size() const override { return blob_->shape().blob_size; }
  void read_exact_at(std::uint64_t offset, MutableBytes out) const override {
    blob_->read_exact_at(offset, out);
  }

 private:
  const std::unique_ptr<ProtectedBlob> blob_;
};

}  // namespace

class ParityWriter : public BlobWriter {
 public:
  ParityWriter(ParityBackend& backend, std::string name)
      : backend_(backend), name_(std::move(name)), blob_(backend.below_->create(name_)) {}

  void append(ByteView bytes) override { blob_->append(bytes); }
  std::uint64_t size() const override { return blob_->size(); }
  void read_exact_at(std::uint64_t offset, MutableBytes out) const override {
    blob_->read_exact_at(offset, out);
  }

  void commit() override {
    const std::unique_ptr<BlobWriter> sidecar = write_sidecar();
    backend_.remove_leftover(name_);
    blob_->commit();
    try {
      sidecar->commit();
    } catch (...) {
      withdraw();
      throw;
    }
  }

  void replace() override {
    const std::unique_ptr<BlobWriter> sidecar = write_sidecar();
    blob_->replace();
    sidecar->replace();
  }

 private:
  // Before the blob has its name: a full disk is noticed when nothing is there yet.
  std::unique_ptr<BlobWriter> write_sidecar() {
    std::unique_ptr<BlobWriter> sidecar = backend_.below_->create(sidecar_name(name_));
    sidecar->append(backend_.sidecar_of(
        name_, size(),
        [this](std::uint64_t offset, MutableBytes out) { blob_->read_exact_at(offset, out); }));
    return sidecar;
  }

  // As far as possible: one that stays is without parity, and nobody refers to it.
  void withdraw() noexcept {
    try {
      backend_.below_->remove(name_);
    } catch (const Error&) {
    }
  }

  ParityBackend& backend_;
  const std::string name_;
  const std::unique_ptr<BlobWriter> blob_;
};

ParityBackend::ParityBackend(std::unique_ptr<BlobBackend> below, std::uint32_t percent)
    : below_(std::move(below)), percent_(percent) {}

std::unique_ptr<BlobWriter> ParityBackend::create(const std::string& name) {
  return std::make_unique<ParityWriter>(*this, name);
}

std::unique_ptr<Blob> ParityBackend::open(const std::string& name) { return below_->open(name); }

std::unique_ptr<ProtectedBlob> ParityBackend::open_protected(const std::string& name) {
  std::unique_ptr<Blob> sidecar = below_->open(sidecar_name(name));
  if (!sidecar) return nullptr;
  return ProtectedBlob::open(name, below_->open(name), std::move(sidecar));
}

std::unique_ptr<Blob> ParityBackend::open_healed(const std::string& name) {
  std::unique_ptr<ProtectedBlob> blob = open_protected(name);
  return blob ? std::make_unique<HealedBlob>(std::move(blob)) : nullptr;
}

bool ParityBackend::remove(const std::string& name) {
  const bool was_there = below_->remove(name);
  below_->remove(sidecar_name(name));
  return was_there;
}

bool ParityBackend::rename(const std::string& from, const std::string& to) {
  remove_leftover(to);
  if (!below_->rename(from, to)) return false;
  below_->remove(sidecar_name(from));
  return true;
}

bool ParityBackend::put_back(const std::string& from, const std::string& to) {
  if (!below_->open(sidecar_name(to))) {
    std::unique_ptr<Blob> moved = below_->open(sidecar_name(from));
    const bool is_of_it = moved && ProtectedBlob::open(to, nullptr, std::move(moved));
    if (is_of_it) below_->rename(sidecar_name(from), sidecar_name(to));
  }
  if (!below_->rename(from, to)) return false;
  below_->remove(sidecar_name(from));
  return true;
}

std::vector<BlobInfo> ParityBackend::list(const std::string& prefix) {
  std::vector<BlobInfo> blobs = below_->list(prefix);
  std::erase_if(blobs, is_sidecar);
  return blobs;
}

std::uint64_t ParityBackend::remove_leftovers() { return below_->remove_leftovers(); }

void ParityBackend::remove_leftover(const std::string& name) {
  if (below_->open(sidecar_name(name)) && !below_->open(name)) {
    below_->remove(sidecar_name(name));
  }
}

Bytes ParityBackend::sidecar_of(const std::string& name, std::uint64_t size,
                                const ReadAt& read) const {
  return make_sidecar(name, size, percent_, read);
}

bool ParityBackend::sidecar_is(const std::string& name, ByteView wanted) {
  const std::unique_ptr<Blob> sidecar = below_->open(sidecar_name(name));
  if (!sidecar || sidecar->size() != wanted.size()) return false;
  try {
    Bytes bytes(wanted.size());
    sidecar->read_exact_at(0, bytes);
    return std::equal(bytes.begin(), bytes.end(), wanted.begin());
  } catch (const Error& error) {
    if (!is_damage(error)) throw;
    return false;
  }
}

// The quick answer where all is well.
bool ParityBackend::has_its_sidecar(const std::string& name, const Blob& blob) {
  try {
    return sidecar_is(name, sidecar_of(name, blob.size(), [&](std::uint64_t at, MutableBytes out) {
                        blob.read_exact_at(at, out);
                      }));
  } catch (const Error& error) {
    if (!is_damage(error)) throw;
    return false;
  }
}

ParityState ParityBackend::examine(const std::string& name) {
  ParityState state;
  const std::unique_ptr<Blob> raw = below_->open(name);
  if (raw && has_its_sidecar(name, *raw)) return state;
  state.blob_is_missing = !raw;
  const std::unique_ptr<ProtectedBlob> blob = open_protected(name);
  if (!blob) {
    const bool is_there = below_->open(sidecar_name(name)) != nullptr;
    state.sidecar = is_there ? ParityState::Sidecar::unusable : ParityState::Sidecar::missing;
    return state;
  }
  const ParityShape& shape = blob->shape();
  state.has_wrong_size = raw && raw->size() != shape.blob_size;
  Bytes block;
  for (std::uint64_t number = 0; number < shape.data_blocks(); ++number) {
    block.resize(blob->block_length(number));
    const ProtectedBlob::Found found = blob->read_block(number, block);
    if (found != ProtectedBlob::Found::whole) ++state.damaged_blocks;
    if (found == ProtectedBlob::Found::lost) ++state.lost_blocks;
  }
  if (state.lost_blocks > 0) return state;
  const Bytes wanted =
      sidecar_of(name, shape.blob_size,
                 [&](std::uint64_t offset, MutableBytes out) { blob->read_exact_at(offset, out); });
  if (!sidecar_is(name, wanted)) state.sidecar = ParityState::Sidecar::damaged;
  return state;
}

bool ParityBackend::mend(const std::string& name, const ParityState& state,
                         const std::function<bool()>& is_whole) {
  if (state.is_whole()) return true;
  std::unique_ptr<Blob> blob;
  if (state.can_be_healed()) {
    blob = open_healed(name);
  } else if (!state.blob_is_damaged() && is_whole()) {
    blob = open(name);
  }
  if (!blob) return false;
  if (state.blob_is_damaged()) {
    // Its writer writes the sidecar as well.
    const std::unique_ptr<BlobWriter> writer = create(name);
    Bytes step;
    for (std::uint64_t at = 0; at < blob->size(); at += step.size()) {
      step.resize(std::min<std::uint64_t>(kCopyStep, blob->size() - at));
      blob->read_exact_at(at, step);
      writer->append(step);
    }
    writer->replace();
    return true;
  }
  const std::unique_ptr<BlobWriter> sidecar = below_->create(sidecar_name(name));
  sidecar->append(sidecar_of(name, blob->size(), [&](std::uint64_t offset, MutableBytes out) {
    blob->read_exact_at(offset, out);
  }));
  sidecar->replace();
  return true;
}

std::vector<BlobInfo> ParityBackend::sidecars() {
  std::vector<BlobInfo> found = below_->list(std::string(kPrefix));
  for (BlobInfo& sidecar : found) sidecar.name.erase(0, kPrefix.size());
  return found;
}

void ParityBackend::remove_sidecar(const std::string& blob_name) {
  below_->remove(sidecar_name(blob_name));
}

}  // namespace varve
