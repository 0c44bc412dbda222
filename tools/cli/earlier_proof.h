// What another snapshot has proven of the same source, for what did not change since.
#pragma once

#include <optional>
#include <string>

#include "store/repository/repository.h"

namespace varve::cli {

class EarlierProof {
 public:
  // Of the newest other snapshot that holds the source, where it passed there at `level` or a
  // better one, and, with `since`, not before that.
  static std::optional<EarlierProof> find(Repository& repository, const Snapshot& snapshot,
                                          const SourceInfo& source, const std::string& level,
                                          const std::optional<Timestamp>& since);

  // Whether this file of the source has the bytes that were proven, under the same path.
  bool covers(const FileEntry& file) const;
  // The rows of a dump's file that holds one table, where that had the same bytes under any path.
  std::optional<std::uint64_t> rows_of_table(const FileEntry& file) const;
  const Attestation& attestation() const noexcept { return attestation_; }

  // Makes an attestation say that it stands on this one: it is as old as that, and names whose
  // that is.
  void support(Attestation& made) const;

 private:
  EarlierProof(Snapshot snapshot, Attestation attestation)
      : snapshot_(std::move(snapshot)), attestation_(std::move(attestation)) {}

  Snapshot snapshot_;
  Attestation attestation_;
};

}  // namespace varve::cli
