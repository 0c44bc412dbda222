#include "tools/sources/plain_file_source.h"

#include <fmt/format.h>

#include <utility>

#include "store/core/error.h"
#include "tools/sources/file_stamp.h"
#include "tools/sources/plain_file.h"
#include "tools/sources/rdb_recognition.h"
#include "tools/sources/source_file.h"

namespace varve {
namespace {

constexpr std::uint8_t kFingerprintVersion = 2;

StampedIdentity look_at(const Path& path, PlainFileSource::Looks looks) {
  StampedIdentity found;
  found.stamps.push_back(stamp_of(require_source_file(path)));
  Encoder out;
  out.u8(kFingerprintVersion);
  out.u8(looks == PlainFileSource::Looks::yes ? 1 : 0);
  encode(out, found.stamps.back());
  found.identity = out.take();
  return found;
}

}  // namespace

PlainFileSource::PlainFileSource(const Path& path, std::string name, Looks looks)
    : path_(std::filesystem::absolute(path).lexically_normal()),
      name_(std::move(name)),
      looks_(looks) {}

void PlainFileSource::continue_from(const Snapshot& last) {
  const FileEntry* file = last.find(name_);
  if (looks_ == Looks::no || file == nullptr || file->format != "sqlite") return;
  throw Error(ErrorCode::failed,
              fmt::format("{} was an SQLite database in snapshot {} and is none now: look at it; "
                          "--raw stores it as it is",
                          path_.string(), last.name));
}

Bytes PlainFileSource::fingerprint() {
  return settled_identity([&] { return look_at(path_, looks_); });
}

void PlainFileSource::open() {
  require_source_file(path_);
  file_ = File::open_read(path_);
  status_ = file_->status();
  moment_ = Timestamp::now();
}

SourceInfo PlainFileSource::copy(SnapshotBuilder& builder) {
  SnapshotBuilder::NewFile described = describe_plain_file(name_, status_);
  if (looks_ == Looks::yes && is_rdb(*file_)) described.format = kRdbFormat;
  copy_plain_file(builder, *file_, stamp_of(status_), described);
  file_.reset();
  return info_at(moment_);
}

}  // namespace varve
