#include "tools/import/stored_source.h"

#include <algorithm>
#include <utility>

#include "store/core/error.h"
#include "store/read/file_reader.h"
#include "tools/sources/write_all.h"

namespace varve {
namespace {

class StoredSource : public Source {
 public:
  StoredSource(Repository& repository, const Snapshot& snapshot, std::uint32_t number)
      : repository_(repository), snapshot_(snapshot), number_(number) {}

  std::string name() const override { return info().name; }
  std::string kind() const override { return info().kind; }
  std::string location() const override { return info().location; }
  Bytes fingerprint() override { return {}; }
  void open() override {}

  SourceInfo copy(SnapshotBuilder& builder) override {
    for (const FileEntry& file : snapshot_.files) {
      if (file.source != number_) continue;
      if (file.type == FileType::file) {
        copy_file(builder, file);
      } else {
        builder.add_entry(entry_of(file));
      }
    }
    SourceInfo copied = info();
    copied.fingerprint.clear();
    return copied;
  }

 private:
  const SourceInfo& info() const { return snapshot_.sources.at(number_); }

  static SnapshotBuilder::NewFile entry_of(const FileEntry& file) {
    return {.path = file.path,
            .mode = file.mode,
            .mtime = file.mtime,
            .chunking = file.chunking,
            .size_hint = file.size,
            .type = file.type,
            .target = file.target};
  }

  void copy_file(SnapshotBuilder& builder, const FileEntry& file) const {
    FileReader reader(repository_.chunks(), file);
    builder.add_file(entry_of(file), [&](FileWriter& writer) {
      reader.stream([&](ByteView bytes) { write_all(writer, bytes); }, 1);
    });
  }

  Repository& repository_;
  const Snapshot& snapshot_;
  const std::uint32_t number_;
};

}  // namespace

std::unique_ptr<Source> make_stored_source(Repository& repository, const Snapshot& snapshot,
                                           const std::string& source_name) {
  const auto found = std::ranges::find(snapshot.sources, source_name, &SourceInfo::name);
  if (found == snapshot.sources.end()) {
    throw Error(ErrorCode::not_found, snapshot.name + " holds no source " + source_name);
  }
  return std::make_unique<StoredSource>(
      repository, snapshot, static_cast<std::uint32_t>(found - snapshot.sources.begin()));
}

}  // namespace varve
