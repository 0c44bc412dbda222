// The XXH3-128 of every extent of a file's last version, so that what did not change is neither
// hashed with SHA-256 nor looked up again.
//
// A cache in REPO/cache, one file for each file of a source, replaced by every ingest; not
// durable, and never believed unless its checksums fit and it belongs to the very manifest that
// the new version is compared with. Keyed with the repository's seed, so that nobody can prepare
// bytes that collide. Losing it costs time only. Reading and writing are thread-safe.
//
// Bytes: "VARVEFP1" | manifest root 16 | count u64 | XXH3-64 of these; then blocks of 1,024
// fingerprints (the last may be shorter), each followed by its XXH3-64.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "store/core/file.h"
#include "store/transform/digest.h"

namespace varve {

class FingerprintTable {
 public:
  // The table for the file whose manifest's root is `root`; nullptr where there is none.
  static std::unique_ptr<FingerprintTable> open(const Path& path, const ChunkRef& root);

  std::optional<Fingerprint> at(std::uint64_t index) const;  // nothing where damaged or beyond

 private:
  using Block = std::vector<Fingerprint>;
  FingerprintTable(File file, std::uint64_t count) : file_(std::move(file)), count_(count) {}
  std::shared_ptr<const Block> block(std::uint64_t number) const;

  File file_;
  std::uint64_t count_;
  mutable std::mutex mutex_;                                              // guards the rest
  mutable std::map<std::uint64_t, std::shared_ptr<const Block>> blocks_;  // the last few
};

// Small tables stay in memory until they are finished: an ingest keeps one for each of its files.
class FingerprintTableWriter {
 public:
  explicit FingerprintTableWriter(Path path) : path_(std::move(path)) {}

  // Each index from 0 up exactly once, in any order that stays within some blocks.
  void add(std::uint64_t index, const Fingerprint& fingerprint);
  // Puts the table in place for the manifest with this root.
  void finish(const ChunkRef& root);

 private:
  struct Block {
    std::vector<Fingerprint> entries;
    std::size_t filled = 0;
  };
  void write_block(std::uint64_t number, const std::vector<Fingerprint>& entries);

  File& file();

  const Path path_;
  std::mutex mutex_;                // guards the rest
  std::optional<AtomicFile> file_;  // from the first full block on
  std::unordered_map<std::uint64_t, Block> blocks_;
  std::uint64_t count_ = 0;
};

}  // namespace varve
