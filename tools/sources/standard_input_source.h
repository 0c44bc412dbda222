// Standard input as one file: `varve ingest - --as NAME`.
//
// Nothing tells whether what wrote to the pipe ended well: use `set -o pipefail`, or --command.
#pragma once

#include <stop_token>
#include <string>

#include "store/ingest/source.h"

namespace varve {

class StandardInputSource : public Source {
 public:
  StandardInputSource(std::string name, std::stop_token stop);

  std::string name() const override { return name_; }
  std::string kind() const override { return "stream"; }
  std::string location() const override { return "standard input"; }

  bool keeps_somebody_waiting() const override { return true; }
  Bytes fingerprint() override { return {}; }
  void open() override;  // throws a usage Error where it is a terminal
  SourceInfo copy(SnapshotBuilder& builder) override;

 private:
  const std::string name_;
  const std::stop_token stop_;
  Timestamp moment_;
};

}  // namespace varve
