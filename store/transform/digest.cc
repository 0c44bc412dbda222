#include "store/transform/digest.h"

#include <openssl/evp.h>
// For a hash state on the stack.
#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

#include "store/core/error.h"

namespace varve {
namespace {

struct FreeDigestContext {
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeDigestContext>;

// Fetching an algorithm takes OpenSSL 3 longer than hashing a page: once a process.
const EVP_MD* sha256_algorithm() {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  if (algorithm == nullptr) throw Error(ErrorCode::failed, "OpenSSL offers no SHA-256");
  return algorithm;
}

DigestContext new_context() {
  DigestContext context(EVP_MD_CTX_new());
  if (!context) throw std::bad_alloc();
  return context;
}

void begin(EVP_MD_CTX* context) {
  if (EVP_DigestInit_ex2(context, sha256_algorithm(), nullptr) != 1) {
    throw Error(ErrorCode::failed, "OpenSSL cannot begin a SHA-256");
  }
}

void end(EVP_MD_CTX* context, MutableBytes out) {
  unsigned int written = 0;
  if (EVP_DigestFinal_ex(context, reinterpret_cast<unsigned char*>(out.data()), &written) != 1 ||
      written != out.size()) {
    throw Error(ErrorCode::failed, "OpenSSL cannot finish a SHA-256");
  }
}

}  // namespace

ChunkId chunk_id(ByteView plain) {
  thread_local const DigestContext context = new_context();
  begin(context.get());
  EVP_DigestUpdate(context.get(), plain.data(), plain.size());
  ChunkId id;
  end(context.get(), id.bytes);
  return id;
}

std::uint64_t checksum(ByteView bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

std::uint64_t checksum(ByteView first, ByteView second) {
  XXH3_state_t state;
  XXH3_INITSTATE(&state);
  XXH3_64bits_reset(&state);
  XXH3_64bits_update(&state, first.data(), first.size());
  XXH3_64bits_update(&state, second.data(), second.size());
  return XXH3_64bits_digest(&state);
}

Fingerprint fingerprint(ByteView bytes, std::uint64_t seed) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed));
  return Fingerprint::from(std::as_bytes(std::span(canonical.digest)));
}

struct Sha256Stream::State {
  DigestContext context = new_context();
};

Sha256Stream::Sha256Stream() : state_(std::make_unique<State>()) { begin(state_->context.get()); }
Sha256Stream::~Sha256Stream() = default;

void Sha256Stream::update(ByteView bytes) {
  EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size());
}

Sha256 Sha256Stream::finish() {
  Sha256 hash;
  end(state_->context.get(), hash.bytes);
  return hash;
}

}  // namespace varve
