#include "tests/fuzz/targets.h"

namespace varve::fuzz {

std::span<const Target> targets() {
  static constexpr Target kTargets[] = {
      {"archive", archive},
      {"attestation", attestation},
      {"btree", btree},
      {"codec", codec},
      {"config", config},
      {"file", file},
      {"fingerprints", fingerprints},
      {"job_file", job_file},
      {"lost", lost},
      {"manifest", manifest},
      {"pack", pack},
      {"postgres", postgres},
      {"record", record},
      {"redis", redis},
      {"sidecar", sidecar},
      {"texts", texts},
      {"wal", wal},
  };
  return kTargets;
}

}  // namespace varve::fuzz
