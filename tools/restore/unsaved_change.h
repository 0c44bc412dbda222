// The trace of a change that no safety snapshot was taken of (--no-safety): a snapshot with the tag
// pre-restore that holds nothing. With it --undo knows that the older safety snapshots are not of
// what was replaced last.
//
// Its source is called NAME.unsaved, so that "latest:NAME.pre-restore" stays what can be put back.
#pragma once

#include <string>

#include "store/ingest/source.h"

namespace varve {

class UnsavedChange : public Source {
 public:
  static constexpr const char* kKind = "unsaved";

  // `location`: what is changed, as safety snapshots of it have it.
  UnsavedChange(const std::string& name, std::string location);

  std::string name() const override { return name_; }
  std::string kind() const override { return kKind; }
  std::string location() const override { return location_; }
  Bytes fingerprint() override { return {}; }
  void open() override { moment_ = Timestamp::now(); }
  SourceInfo copy(SnapshotBuilder&) override { return info_at(moment_); }

 private:
  const std::string name_;
  const std::string location_;
  Timestamp moment_;
};

}  // namespace varve
