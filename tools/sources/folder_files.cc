#include "tools/sources/folder_files.h"

#include "store/core/encoding.h"
#include "store/transform/digest.h"
#include "tools/sources/sqlite_companions.h"

namespace varve {
namespace {

// An empty log or journal is like none.
bool counts(const FolderItem* companion) {
  return companion != nullptr && companion->stamp.size > 0;
}

}  // namespace

FileStamp log_stamp(const FolderItem& log) {
  FileStamp stamp = log.stamp;
  stamp.changed = stamp.written;
  return stamp;
}

FolderFiles::FolderFiles(const std::vector<FolderItem>& items) {
  for (const FolderItem& item : items) {
    if (item.type == FileType::file) by_path_.emplace(item.path, &item);
  }
}

const FolderItem* FolderFiles::find(const std::string& path) const {
  const auto found = by_path_.find(path);
  return found == by_path_.end() ? nullptr : found->second;
}

const FolderItem* FolderFiles::owner_of(const FolderItem& item) const {
  const std::string database = database_of(item.path);
  return database.empty() ? nullptr : find(database);
}

std::uint64_t FolderFiles::stamp_of(const FolderItem& item) const {
  const FolderItem* log = find(item.path + "-wal");
  const FolderItem* journal = find(item.path + "-journal");
  Encoder out;
  encode(out, item.stamp);
  out.u8(counts(log) ? 1 : 0);
  if (counts(log)) encode(out, log_stamp(*log));
  if (counts(journal)) encode(out, journal->stamp);
  return checksum(out.buffer()) | 1;
}

bool FolderFiles::is_settled(const FolderItem& item, std::chrono::nanoseconds now) const {
  const FolderItem* log = find(item.path + "-wal");
  const FolderItem* journal = find(item.path + "-journal");
  return varve::is_settled(item.stamp, now) &&
         (log == nullptr || varve::is_settled(log_stamp(*log), now)) &&
         (journal == nullptr || varve::is_settled(journal->stamp, now));
}

}  // namespace varve
