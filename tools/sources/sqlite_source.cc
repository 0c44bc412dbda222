#include "tools/sources/sqlite_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "store/core/error.h"
#include "tools/sources/source_file.h"
#include "tools/sources/sqlite_fingerprint.h"

namespace varve {
namespace {

constexpr mode_t kPermissionBits = 0777;

// The file behind `path`, which is an SQLite database by its first bytes.
Path require_database(const Path& path, off_t size) {
  Path real = std::filesystem::canonical(path);
  SqliteHeader header;
  OpenedSqliteFile(real).file().read(0, header.bytes);
  // SQLite makes the file empty and writes the header with the first transaction.
  if (size != 0 && (size < off_t{SqliteHeader::kSize} || !header.has_magic())) {
    throw Error(ErrorCode::failed,
                fmt::format("cannot ingest {}: it is no SQLite database (or an encrypted one); "
                            "--raw stores it as a plain file",
                            path.string()));
  }
  return real;
}

void fill(SqliteReadPoint& read_point, FileWriter& writer) {
  for (std::uint64_t offset = 0; offset < read_point.size();) {
    const MutableBytes room = writer.buffer();
    const std::size_t count = std::min<std::uint64_t>(room.size(), read_point.size() - offset);
    read_point.read(offset, room.first(count));
    writer.produced(count);
    offset += count;
  }
}

}  // namespace

SqliteSource::SqliteSource(const Path& path, std::string name, Patience patience)
    : path_(std::filesystem::absolute(path).lexically_normal()),
      name_(std::move(name)),
      patience_(std::move(patience)) {}

Bytes SqliteSource::fingerprint() {
  const struct stat status = require_source_file(path_);
  return sqlite_fingerprint(require_database(path_, status.st_size));
}

void SqliteSource::open() {
  const struct stat status = require_source_file(path_);
  mode_ = status.st_mode & kPermissionBits;
  owner_ = {status.st_uid, status.st_gid};
  read_point_.emplace(require_database(path_, status.st_size), patience_);
  moment_ = Timestamp::now();
}

std::map<std::string, std::string> SqliteSource::facts() const {
  return facts_of(read_point_.value().header(), read_point_->size());
}

SourceInfo SqliteSource::copy(SnapshotBuilder& builder) {
  SqliteReadPoint& read_point = read_point_.value();
  const SnapshotBuilder::NewFile file{.path = name_,
                                      .mode = mode_,
                                      .mtime = moment_,
                                      .chunking = Chunking::extents,
                                      .size_hint = read_point.size(),
                                      .owner = owner_,
                                      .format = kind()};
  builder.add_file(file, [&](FileWriter& writer) {
    fill(read_point, writer);
    read_point.finish();
  });
  warn_of_damage(builder);
  SourceInfo info{.name = name_,
                  .kind = kind(),
                  .location = location(),
                  .moment = moment_,
                  .facts = facts(),
                  .fingerprint = {}};
  read_point_.reset();
  return info;
}

void SqliteSource::warn_of_damage(SnapshotBuilder& builder) const {
  if (!read_point_->damage()) return;
  builder.warn(
      fmt::format("{} is damaged (SQLite says: {}): its bytes were stored as they are; "
                  "restore an earlier snapshot, or try sqlite3's .recover on a copy",
                  path_.string(), *read_point_->damage()));
}

}  // namespace varve
