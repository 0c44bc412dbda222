#include "tools/sources/sqlite_fingerprint.h"

#include <array>

#include "tools/sources/file_stamp.h"
#include "tools/sources/sqlite_companions.h"
#include "tools/sources/sqlite_file.h"
#include "tools/sources/sqlite_header.h"

namespace varve {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kLogHeaderSize = 32;

void look_at_log(const Path& database, Encoder& out, StampedIdentity& found) {
  const std::optional<File> log = File::open_if_exists(log_path(database));
  std::array<std::byte, kLogHeaderSize> header{};
  const std::size_t size = log ? log->read_at(0, header) : 0;
  out.varint(size);
  if (size == 0) return;
  FileStamp stamp = stamp_of(log->status());
  // SQLite, run by root, gives the log to the database's owner each time that it opens it. That
  // changes nothing but this time.
  stamp.changed = stamp.written;
  found.stamps.push_back(stamp);
  encode(out, stamp);
  out.bytes(ByteView(header).first(size));
}

StampedIdentity look_at(const Path& database) {
  StampedIdentity found;
  Encoder out;
  out.u8(kVersion);
  if (const std::optional<FileStamp> stamp = stamp_of(database)) {
    found.stamps.push_back(*stamp);
    encode(out, *stamp);
  }
  SqliteHeader header;
  OpenedSqliteFile(database).file().read(0, header.bytes);
  out.u32(header.number_at(SqliteHeader::kChangeCounter));
  out.u32(header.number_at(SqliteHeader::kValidFor));
  look_at_log(database, out, found);
  found.identity = out.take();
  return found;
}

}  // namespace

Bytes sqlite_fingerprint(const Path& database) {
  // Somebody is in a transaction, or died in one: open() finds out which.
  if (has_live_journal(database)) return {};
  return settled_identity([&] { return look_at(database); });
}

}  // namespace varve
