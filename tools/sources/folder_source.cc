#include "tools/sources/folder_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "store/core/error.h"
#include "store/transform/digest.h"
#include "tools/sources/plain_file.h"
#include "tools/sources/sqlite_recognition.h"

namespace varve {
namespace {

constexpr std::uint8_t kFingerprintVersion = 1;
constexpr std::array<std::string_view, 3> kCompanions = {"-wal", "-shm", "-journal"};

// The folder itself where it can be found; else as it was named, and opening says why not.
Path real_path(const Path& path) {
  const Path absolute = std::filesystem::absolute(path).lexically_normal();
  std::error_code error;
  Path real = std::filesystem::canonical(absolute, error);
  return error ? absolute : real;
}

// The files of a walk by path, to find what lies beside a file.
class Files {
 public:
  explicit Files(const std::vector<FolderItem>& items) {
    for (const FolderItem& item : items) {
      if (item.type == FileType::file) by_path_.emplace(item.path, &item);
    }
  }
  const FolderItem* find(const std::string& path) const {
    const auto found = by_path_.find(path);
    return found == by_path_.end() ? nullptr : found->second;
  }
  // The file that `item`, by its name, would be a database's companion of.
  const FolderItem* owner_of(const FolderItem& item) const {
    for (const std::string_view suffix : kCompanions) {
      if (!item.path.ends_with(suffix)) continue;
      return find(item.path.substr(0, item.path.size() - suffix.size()));
    }
    return nullptr;
  }

 private:
  std::unordered_map<std::string_view, const FolderItem*> by_path_;
};

// SQLite, run by root, gives the log to the database's owner each time that it opens it: that
// changes nothing but this time. An empty log is like none.
FileStamp log_stamp(const FolderItem& log) {
  FileStamp stamp = log.stamp;
  stamp.changed = stamp.written;
  return stamp;
}

void encode_companions(Encoder& out, const FolderItem& item, const Files& files) {
  const FolderItem* log = files.find(item.path + "-wal");
  out.u8(log != nullptr && log->stamp.size > 0 ? 1 : 0);
  if (log != nullptr && log->stamp.size > 0) encode(out, log_stamp(*log));
  const FolderItem* journal = files.find(item.path + "-journal");
  if (journal != nullptr && journal->stamp.size > 0) encode(out, journal->stamp);
}

// Never 0.
std::uint64_t stamp_number(const FolderItem& item, const Files& files, bool raw) {
  Encoder out;
  out.u8(raw ? 1 : 0);
  encode(out, item.stamp);
  if (!raw) encode_companions(out, item, files);
  return checksum(out.buffer()) | 1;
}

bool is_settled_with_companions(const FolderItem& item, const Files& files,
                                std::chrono::nanoseconds now) {
  const FolderItem* log = files.find(item.path + "-wal");
  const FolderItem* journal = files.find(item.path + "-journal");
  return is_settled(item.stamp, now) && (log == nullptr || is_settled(log_stamp(*log), now)) &&
         (journal == nullptr || is_settled(journal->stamp, now));
}

void encode_item(Encoder& out, const FolderItem& item, std::uint64_t stamp) {
  out.text(item.path);
  out.u8(static_cast<std::uint8_t>(item.type));
  out.varint(item.mode);
  out.varint(item.owner.uid);
  out.varint(item.owner.gid);
  // A folder's time says that names changed, and they stand here themselves.
  if (item.type == FileType::file) out.u64(stamp);
  if (item.type == FileType::link) out.text(item.target);
}

bool is_still_there(const Path& path) {
  std::error_code gone;
  return std::filesystem::canonical(path, gone) == path;
}

std::string vanished(const Path& path) {
  return fmt::format("{} vanished while the folder was read: it is not in the snapshot",
                     path.native());
}

// What SQLite hands over, described as a file of this folder.
class DatabaseBuilder : public SnapshotBuilder {
 public:
  DatabaseBuilder(SnapshotBuilder& builder, NewFile described)
      : builder_(builder), described_(std::move(described)) {}

  void add_file(const NewFile& file, const std::function<void(FileWriter&)>& fill) override {
    NewFile whole = file;
    whole.mode = described_.mode;
    whole.stamp = described_.stamp;
    whole.facts = described_.facts;
    builder_.add_file(whole, fill);
  }
  void add_entry(const NewFile& entry) override { builder_.add_entry(entry); }
  void keep_file(const std::string& path) override { builder_.keep_file(path); }
  void warn(const std::string& message) override { builder_.warn(message); }

 private:
  SnapshotBuilder& builder_;
  const NewFile described_;
};

}  // namespace

FolderSource::FolderSource(const Path& path, std::string name, Options options)
    : path_(real_path(path)),
      name_(std::move(name)),
      options_(std::move(options)),
      exclusion_(options_.exclude) {}

void FolderSource::continue_from(const Snapshot& last) { last_ = &last; }

std::string FolderSource::path_in_snapshot(const FolderItem& item) const {
  return item.path.empty() ? name_ : fmt::format("{}/{}", name_, item.path);
}

const FileEntry* FolderSource::last_entry(const FolderItem& item) const {
  if (last_ == nullptr) return nullptr;
  const FileEntry* entry = last_->find(path_in_snapshot(item));
  const bool is_ours = entry != nullptr && last_->sources.at(entry->source).name == name_ &&
                       last_->sources.at(entry->source).kind == kind();
  return is_ours ? entry : nullptr;
}

bool FolderSource::is_database(const FolderItem& item) const {
  if (options_.raw) return false;
  const Path path = path_ / item.path;
  // Gone, or reached through a link that was not there before: noticed when it is to be read.
  if (!is_still_there(path)) return false;
  try {
    return is_sqlite_database(path);
  } catch (const Error&) {
    if (is_still_there(path)) throw;
    return false;
  }
}

// What there is now. Companions of databases go: which files they belong to is looked up only where
// names suggest it, so that a folder that has not changed costs a walk.
StampedIdentity FolderSource::look() {
  const std::chrono::nanoseconds now = system_time();
  FolderContent content = folder_->walk(exclusion_, options_.skip);
  const Files files(content.items);
  items_.clear();
  StampedIdentity identity;
  Sha256Stream hash;
  const auto add = [&](const FolderItem& found) {
    Item& item = items_.emplace_back();
    item.found = found;
    if (found.type == FileType::file) {
      const std::uint64_t stamp = stamp_number(found, files, options_.raw);
      item.stamp = is_settled_with_companions(found, files, now) ? stamp : 0;
      const FileEntry* last = last_entry(found);
      item.is_unchanged = item.stamp != 0 && last != nullptr && last->type == FileType::file &&
                          last->stamp == item.stamp;
      identity.stamps.push_back(found.stamp);
    }
    Encoder out;
    encode_item(out, found, item.stamp);
    hash.update(out.buffer());
  };
  std::unordered_map<const FolderItem*, bool> databases;
  const auto has_database = [&](const FolderItem& companion) {
    const FolderItem* owner = files.owner_of(companion);
    if (owner == nullptr || options_.raw) return false;
    const auto [known, is_new] = databases.try_emplace(owner, false);
    if (is_new) known->second = is_database(*owner);
    return known->second;
  };
  for (const FolderItem& found : content.items) {
    if (found.type != FileType::file || !has_database(found)) {
      add(found);
    } else if (!found.path.ends_with("-shm")) {  // readers write to that one
      identity.stamps.push_back(log_stamp(found));
    }
  }
  warnings_ = std::move(content.warnings);
  if (!content.is_complete) return {};
  Encoder out;
  out.u8(kFingerprintVersion);
  for (const std::string& pattern : exclusion_.patterns()) out.text(pattern);
  out.bytes(hash.finish().view());
  identity.identity = out.take();
  return identity;
}

Bytes FolderSource::fingerprint() {
  folder_.emplace(path_);
  return settled_identity([this] { return look(); });
}

void FolderSource::open() {
  moment_ = Timestamp::now();
  std::size_t read_points = 0;
  for (Item& item : items_) {
    if (item.found.type != FileType::file || item.is_unchanged) continue;
    if (!is_database(item.found)) continue;
    item.database = std::make_unique<SqliteSource>(path_ / item.found.path,
                                                   path_in_snapshot(item.found), options_.patience);
    if (read_points++ >= kMostReadPoints) continue;
    open_database(item);
    item.is_open = true;
  }
}

void FolderSource::open_database(Item& item) {
  try {
    item.database->open();
  } catch (const Error&) {
    const Path path = path_ / item.found.path;
    if (is_still_there(path)) throw;
    item.database.reset();
    item.is_gone = true;
    warnings_.push_back(vanished(path));
  }
}

SnapshotBuilder::NewFile FolderSource::describe(const Item& item) const {
  const FolderItem& found = item.found;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(found.stamp.written);
  return {.path = path_in_snapshot(found),
          .mode = found.mode,
          .mtime = Timestamp{seconds.count()},
          .type = found.type,
          .target = found.target,
          .mtime_nanoseconds = static_cast<std::uint32_t>((found.stamp.written - seconds).count()),
          .owner = found.owner,
          .stamp = item.stamp};
}

void FolderSource::copy_database(SnapshotBuilder& builder, Item& item) {
  if (!item.is_open) open_database(item);
  if (item.is_gone) return;
  SnapshotBuilder::NewFile described = describe(item);
  described.facts = item.database->facts();
  DatabaseBuilder as_file(builder, std::move(described));
  item.database->copy(as_file);
  item.database.reset();
}

void FolderSource::copy_file(SnapshotBuilder& builder, const Item& item) {
  const Path path = path_ / item.found.path;
  const std::optional<File> file = folder_->open_file(item.found.path);
  if (!file) return builder.warn(vanished(path));
  const struct stat status = file->status();
  SnapshotBuilder::NewFile described = describe_plain_file(path_in_snapshot(item.found), status);
  if (stamp_of(status) == item.found.stamp) described.stamp = item.stamp;
  copy_plain_file(builder, *file, stamp_of(status), described);
  const FileEntry* last = last_entry(item.found);
  if (last != nullptr && last->format == "sqlite" && !options_.raw) {
    builder.warn(fmt::format("{} was an SQLite database in snapshot {} and is none now",
                             path.native(), last_->name));
  }
}

void FolderSource::copy_item(SnapshotBuilder& builder, Item& item) {
  if (item.is_gone) return;
  if (item.found.type != FileType::file) {
    builder.add_entry(describe(item));
  } else if (item.is_unchanged) {
    builder.keep_file(path_in_snapshot(item.found));
  } else if (item.database) {
    copy_database(builder, item);
  } else {
    copy_file(builder, item);
  }
}

SourceInfo FolderSource::copy(SnapshotBuilder& builder) {
  for (Item& item : items_) copy_item(builder, item);
  for (const std::string& warning : warnings_) builder.warn(warning);
  folder_.reset();
  items_.clear();
  return SourceInfo{.name = name_,
                    .kind = kind(),
                    .location = location(),
                    .moment = moment_,
                    .facts = {},
                    .fingerprint = {}};
}

}  // namespace varve
