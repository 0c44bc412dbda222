// One snapshot in the making: the write path wired together.
//
//   sources' threads → extents or stream chunks → queue → workers: fingerprint, digest, dedup,
//   delta or zstd → pack; manifests beside them → commit.
//
// Threads: those of the ingest that read a source each, and kWorkers. Memory:
// kQueue chunks under way (4 MiB of extents, 64 MiB of the largest stream chunks), a window of two
// chunks for each thread, 2 packs' pending writes, the decoded chains of the chunks in work, 60
// bytes for each new chunk up to the spill (chunk_writer.cc), 16 bytes for each manifest node and
// each extent of files below 64 MiB: under 256 MiB whatever the sources' sizes.
//
// copy() and take_over() are for several threads at once, each source once; the rest is for one.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "store/ingest/chunk_writer.h"
#include "store/ingest/extent_file.h"
#include "store/ingest/ingest.h"
#include "store/ingest/source.h"
#include "store/ingest/stream_file.h"
#include "store/repository/trail.h"

namespace varve {

class SnapshotWriter {
 public:
  // Of so many sources, each of which is then copied or taken over as the one of its number. The
  // trail and the request must outlive the writer.
  SnapshotWriter(Repository& repository, std::uint64_t epoch, Trail& trail,
                 const IngestRequest& request, std::size_t sources);
  ~SnapshotWriter();

  // Copies an open source; `last` is the newest snapshot that holds it, or null.
  void copy(std::size_t number, Source& source, const Bytes& fingerprint, const Snapshot* last);
  // The source as `last` has it, without reading.
  void take_over(std::size_t number, const Snapshot& last, const std::string& source_name);
  // Makes every copy() that runs throw an interrupted Error soon. From any thread.
  void halt() noexcept { halted_ = true; }

  // Packs durable → record durable → one catalog transaction.
  IngestResult commit(Timestamp time);

 private:
  class Builder;  // what a source sees
  // A cache that is put in place when the snapshot that it belongs to is there.
  struct Fingerprints {
    std::unique_ptr<FingerprintTableWriter> table;
    ChunkRef root;
  };

  std::shared_ptr<const Predecessor> predecessor_of(const Snapshot* last,
                                                    const std::string& source_name,
                                                    const std::string& path) const;
  Path fingerprint_path(const std::string& source_name, const std::string& path) const;
  void expect(std::uint64_t bytes);
  void count(std::size_t bytes);
  void add(FileEntry entry);
  void keep(Fingerprints fingerprints);
  void warn(const std::string& message);
  Bytes write_record(const std::string& name);
  void keep_fingerprints() noexcept;

  Repository& repository_;
  const IngestRequest& request_;
  Trail& trail_;
  ChunkWriter chunks_;
  BufferPool buffers_;
  Workers workers_;
  std::atomic<bool> halted_ = false;
  // Guards the rest while sources are copied, but for snapshot_.sources: that has its size from the
  // beginning, and each source's thread writes its own place. Nothing is locked under it; the
  // progress callback runs under it.
  std::mutex mutex_;
  Snapshot snapshot_;
  std::vector<std::string> warnings_;
  std::vector<Fingerprints> fingerprints_;
  IngestProgress progress_;
};

}  // namespace varve
