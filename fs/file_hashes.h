// SHA-256 of whole files: from an attestation where there is one, else computed once.
//
// Computing reads the file through the store with every chunk's id checked, takes about a second
// a GiB, and is remembered for the life of the mount: by the manifest's root, so that a file
// that did not change between snapshots is read once. Of many who ask at a time, one computes.
//
// Thread-safe.
#pragma once

#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <tuple>

#include "store/repository/repository.h"

namespace varve {

class FileHashes {
 public:
  // `stop` ends what is being computed, with an interrupted Error.
  FileHashes(Repository& repository, std::stop_token stop);

  // What is known without reading the file.
  std::optional<Sha256> known(const Snapshot& snapshot, const FileEntry& file);
  Sha256 get(const Snapshot& snapshot, const FileEntry& file);

 private:
  using Content = std::tuple<std::optional<ChunkRef>, std::uint8_t, std::uint64_t>;
  Sha256 compute(const FileEntry& file) const;

  Repository& repository_;
  std::stop_token stop_;
  std::mutex mutex_;
  std::map<Content, std::shared_future<Sha256>> computed_;  // guarded by mutex_
};

}  // namespace varve
