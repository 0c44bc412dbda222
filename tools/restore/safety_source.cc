#include "tools/restore/safety_source.h"

#include <array>
#include <string_view>
#include <utility>

#include "tools/sources/file_stamp.h"
#include "tools/sources/plain_file.h"

namespace varve {
namespace {

bool is_database(const varve::File& file) {
  constexpr std::string_view kMagic("SQLite format 3\0", 16);
  std::array<std::byte, kMagic.size()> front{};
  return file.read_at(0, front) == front.size() && as_text(front) == kMagic;
}

}  // namespace

SafetySource::SafetySource(std::string name, std::string location, Form form,
                           std::vector<File> files)
    : name_(std::move(name)),
      location_(std::move(location)),
      form_(form),
      files_(std::move(files)) {}

void SafetySource::open() { moment_ = Timestamp::now(); }

void SafetySource::add_link(SnapshotBuilder& builder, const File& link,
                            const struct stat& status) const {
  SnapshotBuilder::NewFile described = describe_plain_file(name_ + '/' + link.path, status);
  described.type = FileType::link;
  described.target = std::filesystem::read_symlink(link.actual);
  described.sparse = false;
  builder.add_entry(described);
}

void SafetySource::add(SnapshotBuilder& builder, const File& file) const {
  struct stat found {};
  if (::lstat(file.actual.c_str(), &found) == 0 && S_ISLNK(found.st_mode)) {
    return add_link(builder, file, found);
  }
  const varve::File opened = varve::File::open_read(file.actual);
  const struct stat status = opened.status();
  SnapshotBuilder::NewFile described = describe_plain_file(name_ + '/' + file.path, status);
  if (is_database(opened)) described.chunking = Chunking::extents;
  copy_plain_file(builder, opened, stamp_of(status), described);
}

SourceInfo SafetySource::copy(SnapshotBuilder& builder) {
  for (const File& file : files_) add(builder, file);
  return {.name = name_,
          .kind = kind(),
          .location = location_,
          .moment = moment_,
          .facts = {{kFormFact, form_ == Form::file ? "file" : "folder"}},
          .fingerprint = {}};
}

}  // namespace varve
