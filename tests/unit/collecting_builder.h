// Stands in for the ingest: keeps what a source hands over.
#pragma once

#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "store/core/file.h"
#include "store/ingest/source.h"

namespace varve::test {

// Gives out room as extents of `extent` bytes do, and keeps the bytes.
class CollectingWriter : public FileWriter {
 public:
  CollectingWriter(std::size_t extent, const std::function<void()>& after_each)
      : room_(extent), after_each_(after_each) {}

  MutableBytes buffer() override {
    return MutableBytes(room_).subspan(bytes_.size() % room_.size());
  }
  void produced(std::size_t count) override {
    const MutableBytes filled = buffer().first(count);
    bytes_.insert(bytes_.end(), filled.begin(), filled.end());
    if (after_each_) after_each_();
  }
  Bytes take() { return std::move(bytes_); }

 private:
  Bytes room_;
  Bytes bytes_;
  const std::function<void()>& after_each_;
};

class CollectingBuilder : public SnapshotBuilder {
 public:
  explicit CollectingBuilder(std::size_t extent = 65536) : extent_(extent) {}

  void add_file(const NewFile& file, const std::function<void(FileWriter&)>& fill) override {
    CollectingWriter writer(extent_, after_each_extent);
    fill(writer);
    files[file.path] = writer.take();
    described[file.path] = file;
  }
  void add_entry(const NewFile& entry) override { described[entry.path] = entry; }
  void keep_file(const std::string& path) override { kept.push_back(path); }
  void warn(const std::string& message) override { warnings.push_back(message); }

  std::map<std::string, Bytes> files;
  std::map<std::string, NewFile> described;
  std::vector<std::string> kept;
  std::vector<std::string> warnings;
  std::function<void()> after_each_extent;  // what happens elsewhere while a source copies

 private:
  std::size_t extent_;
};

// What an ingest does with one source.
struct Copied {
  SourceInfo info;
  Bytes bytes;
  std::vector<std::string> warnings;
};

inline Copied copy_of(Source& source, std::size_t extent = 65536) {
  CollectingBuilder builder(extent);
  source.open();
  SourceInfo info = source.copy(builder);
  return {std::move(info), std::move(builder.files.at(source.name())), builder.warnings};
}

inline Bytes content_of(const Path& path) { return read_file(path, std::size_t{1} << 30); }

inline void write_content(const Path& path, ByteView bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
}

}  // namespace varve::test
