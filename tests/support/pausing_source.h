// A source of two files that lets something happen in the middle of an ingest: after the first
// file is stored, before the second is read.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "store/ingest/source.h"
#include "tools/sources/write_all.h"

namespace varve {

class PausingSource : public Source {
 public:
  PausingSource(Bytes first, std::function<void()> pause, Bytes second)
      : first_(std::move(first)), pause_(std::move(pause)), second_(std::move(second)) {}
  std::string name() const override { return "pausing"; }
  std::string kind() const override { return "memory"; }
  std::string location() const override { return "/pausing"; }
  Bytes fingerprint() override { return {}; }
  void open() override {}
  SourceInfo copy(SnapshotBuilder& builder) override {
    add(builder, "first", first_);
    pause_();
    add(builder, "second", second_);
    SourceInfo info;
    info.name = name();
    info.kind = kind();
    info.location = location();
    return info;
  }

 private:
  static void add(SnapshotBuilder& builder, const std::string& path, ByteView bytes) {
    const SnapshotBuilder::NewFile file{.path = path, .mtime = {}, .size_hint = bytes.size()};
    builder.add_file(file, [&](FileWriter& writer) { write_all(writer, bytes); });
  }

  const Bytes first_;
  const std::function<void()> pause_;
  const Bytes second_;
};

}  // namespace varve
