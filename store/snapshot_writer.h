// One snapshot in the making: the write path wired together.
//
//   source thread → extents or stream chunks → queue → workers: fingerprint, digest, dedup,
//   delta or zstd → pack; manifests beside them → commit.
//
// Threads: the caller's (reads the source) and kWorkers. Memory: kQueue chunks under way (4 MiB
// of extents, 64 MiB of the largest stream chunks), 2 packs' pending writes, the decoded chains of
// the chunks in work, 60 bytes for each new chunk up to the spill (chunk_writer.cc), 16 bytes for
// each manifest node: under 256 MiB whatever the source's size.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/chunk_writer.h"
#include "store/extent_file.h"
#include "store/ingest.h"
#include "store/source.h"
#include "store/stream_file.h"

namespace varve {

class SnapshotWriter {
 public:
  // The request must outlive the writer.
  SnapshotWriter(Repository& repository, std::uint64_t epoch, const IngestRequest& request);
  ~SnapshotWriter();

  // Copies an open source; `last` is the newest snapshot that holds it.
  void copy(Source& source, const Bytes& fingerprint, const std::optional<Snapshot>& last);
  // The source as `last` has it, without reading.
  void take_over(const Snapshot& last, const std::string& source_name);

  // Packs durable → record durable → one catalog transaction.
  IngestResult commit(Timestamp time);

 private:
  class Builder;  // what a source sees

  std::shared_ptr<const Predecessor> predecessor_of(const std::optional<Snapshot>& last,
                                                    const std::string& source_name,
                                                    const std::string& path) const;
  Path fingerprint_path(const std::string& source_name, const std::string& path) const;
  void count(std::size_t bytes);
  Bytes write_record(const std::string& name);

  Repository& repository_;
  const IngestRequest& request_;
  ChunkWriter chunks_;
  Workers workers_;
  Snapshot snapshot_;
  std::vector<std::string> warnings_;
  std::vector<std::unique_ptr<ExtentFile>> extent_files_;  // for their fingerprints, until commit
  IngestProgress progress_;
};

}  // namespace varve
