// A folder with everything in it: files, links, folders, their modes, owners and times. SQLite
// databases in it are recognised and taken as databases (sqlite_source.h), with what their
// write-ahead log holds; the files that SQLite keeps beside them are not stored.
//
// What the kernel says about every file is looked at, and content only where that has changed: a
// file with the stamp that it had in the last snapshot is taken over from there. A stamp is inode,
// size and both times, settled when it was taken (file_stamp.h), of the file and of a log and a
// journal beside it.
//
// Databases are of the moment of open(); the first kMostReadPoints of them, if there are more.
// Other files are read one after the other when they are copied.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "store/core/file.h"
#include "store/ingest/source.h"
#include "tools/sources/folder_files.h"
#include "tools/sources/folder_walk.h"
#include "tools/sources/sqlite_source.h"

namespace varve {

class FolderSource : public Source {
 public:
  struct Options {
    std::vector<std::string> exclude;  // see exclusion.h
    bool raw = false;                  // no file is a database
    std::optional<Path> skip;          // a folder in it that is passed over: the repository
    Patience patience;                 // for databases
  };
  // `name` is the source's name and the folder's path in the snapshot. Looks at nothing yet.
  FolderSource(const Path& path, std::string name, Options options);

  std::string name() const override { return name_; }
  std::string kind() const override { return "files"; }
  std::string location() const override { return path_.string(); }

  void continue_from(const Snapshot& last) override;
  Bytes fingerprint() override;
  void open() override;
  SourceInfo copy(SnapshotBuilder& builder) override;

 private:
  static constexpr std::size_t kMostReadPoints = 1000;  // each takes a few descriptors

  struct Item {
    FolderItem found;
    std::uint64_t stamp = 0;    // 0: not settled
    bool is_unchanged = false;  // since the last snapshot
    bool is_gone = false;       // since it was listed
    std::unique_ptr<SqliteSource> database;
    bool is_open = false;  // the database
  };

  // What there is now.
  StampedIdentity look();
  void add_item(FolderItem found, const FolderFiles& files, std::chrono::nanoseconds now);
  std::unordered_set<const FolderItem*> companions(const std::vector<FolderItem>& items,
                                                   const FolderFiles& files) const;
  Bytes identity_of_items() const;
  bool is_database(const FolderItem& item) const;
  std::string path_in_snapshot(const FolderItem& item) const;
  const FileEntry* last_entry(const FolderItem& item) const;
  void open_database(Item& item);
  void copy_item(SnapshotBuilder& builder, Item& item);
  void copy_database(SnapshotBuilder& builder, Item& item);
  void copy_file(SnapshotBuilder& builder, const Item& item);
  SnapshotBuilder::NewFile describe(const Item& item) const;

  const Path path_;  // absolute, without symbolic links
  const std::string name_;
  const Options options_;
  const Exclusion exclusion_;
  const Snapshot* last_ = nullptr;
  std::optional<Folder> folder_;
  std::vector<Item> items_;
  std::vector<std::string> warnings_;
  Timestamp moment_;
};

}  // namespace varve
