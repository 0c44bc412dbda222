// The files of a walk, and what lies beside each: a database's state is that of its log and its
// journal too.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tools/sources/folder_walk.h"

namespace varve {

class FolderFiles {
 public:
  // `items` must outlive it.
  explicit FolderFiles(const std::vector<FolderItem>& items);

  // The file that `item`, by its name, would lie beside as SQLite's: "a.db" for "a.db-wal". Null
  // where there is none.
  const FolderItem* owner_of(const FolderItem& item) const;
  // Identity of the state of a file, with a log and a journal beside it. Never 0.
  std::uint64_t stamp_of(const FolderItem& item) const;
  bool is_settled(const FolderItem& item, std::chrono::nanoseconds now) const;

 private:
  const FolderItem* find(const std::string& path) const;

  std::unordered_map<std::string_view, const FolderItem*> by_path_;
};

// SQLite, run by root, gives the log to the database's owner each time that it opens it. That
// changes nothing but the one time, which is left out.
FileStamp log_stamp(const FolderItem& log);

}  // namespace varve
