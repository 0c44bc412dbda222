#include "tools/import/old_backup.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/core/error.h"
#include "tools/sources/file_stamp.h"

namespace varve {
namespace {

FileStamp require_stamp(const Path& path) {
  try {
    if (const auto stamp = stamp_of(path)) return *stamp;
  } catch (const Error& error) {
    throw Error(ErrorCode::failed,
                fmt::format("cannot import {}: {}", path.string(), error.what()));
  }
  throw Error(ErrorCode::failed,
              fmt::format("cannot import {}: it is not there any more", path.string()));
}

}  // namespace

Path log_of(const OldBackup& backup) { return backup.path.native() + "-wal"; }

void look_at_disk(OldBackup& backup) {
  const FileStamp file = require_stamp(backup.path);
  backup.size = file.size;
  backup.modified = file.written;
  backup.changed = file.changed;
  if (!backup.has_log) return;
  const FileStamp log = require_stamp(log_of(backup));
  backup.size += log.size;
  backup.modified = std::max(backup.modified, log.written);
  backup.changed = std::max(backup.changed, log.changed);
}

bool is_as_planned(const OldBackup& backup) {
  OldBackup now = backup;
  look_at_disk(now);
  return now.size == backup.size && now.modified == backup.modified;
}

}  // namespace varve
