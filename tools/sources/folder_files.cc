#include "tools/sources/folder_files.h"

#include <array>

#include "store/core/encoding.h"
#include "store/transform/digest.h"

namespace varve {
namespace {

constexpr std::array<std::string_view, 3> kCompanions = {"-wal", "-shm", "-journal"};

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
  for (const std::string_view suffix : kCompanions) {
    if (!item.path.ends_with(suffix)) continue;
    return find(item.path.substr(0, item.path.size() - suffix.size()));
  }
  return nullptr;
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
