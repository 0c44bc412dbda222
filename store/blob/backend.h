// The blob seam: where packs and snapshot records lie as named, immutable byte strings.
//
// Implementations: LocalBackend (a directory); later S3-compatible object storage. All run
// tests/unit/blob_conformance_test.cc. Every call is thread-safe. I/O faults throw Error.
//
// Names are relative paths of [a-z0-9./-], e.g. "packs/3f/3f09aa5c12e88b01". A blob is written
// once and never changes; readers that hold a Blob go on reading it after remove().
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/core/bytes.h"

namespace varve {

// An open blob. read_at is thread-safe.
class Blob {
 public:
  virtual ~Blob() = default;
  virtual std::uint64_t size() const = 0;
  // Fills `out` or throws a corrupt Error where the blob ends before.
  virtual void read_exact_at(std::uint64_t offset, MutableBytes out) const = 0;
};

// A blob being written; one thread at a time. Destroyed without commit(), it leaves nothing.
class BlobWriter {
 public:
  virtual ~BlobWriter() = default;
  virtual void append(ByteView bytes) = 0;  // promises nothing
  virtual std::uint64_t size() const = 0;
  // What was appended so far, for reading it back before it counts.
  virtual void read_exact_at(std::uint64_t offset, MutableBytes out) const = 0;
  // On return the bytes and the name are durable and visible. An existing name is an Error.
  virtual void commit() = 0;
  // The same in place of a damaged blob of that name, in one step: for the bytes that it had when
  // it was whole. Whoever has it open keeps what is damaged.
  virtual void replace() = 0;
};

struct BlobInfo {
  std::string name;
  std::uint64_t size = 0;
};

class BlobBackend {
 public:
  virtual ~BlobBackend() = default;
  virtual std::unique_ptr<BlobWriter> create(const std::string& name) = 0;
  virtual std::unique_ptr<Blob> open(const std::string& name) = 0;  // nullptr: no such blob
  // The blob as it was written, for whoever finds it damaged or cannot tell: each block that is
  // read is proven, and made anew out of parity where it is damaged. What parity cannot mend comes
  // as open() gives it, so the reader's own checksums stay the judge. nullptr: it has no parity.
  virtual std::unique_ptr<Blob> open_healed(const std::string& name);
  virtual bool remove(const std::string& name) = 0;  // false: it was not there; durable
  // Gives a blob another name, durable; an existing `to` is an Error. False: it was not there.
  virtual bool rename(const std::string& from, const std::string& to) = 0;
  // All blobs whose name starts with `prefix` ("packs/"), in no order. Temporary files of
  // unfinished writers are not listed.
  virtual std::vector<BlobInfo> list(const std::string& prefix) = 0;
  // Removes what writers that died left behind, and nothing of those that live.
  virtual std::uint64_t remove_leftovers() = 0;  // bytes given back
};

inline std::unique_ptr<Blob> BlobBackend::open_healed(const std::string&) { return nullptr; }

}  // namespace varve
