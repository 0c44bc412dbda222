#include "tools/sources/folder_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "store/core/error.h"
#include "store/transform/digest.h"
#include "tools/sources/folder_files.h"
#include "tools/sources/plain_file.h"
#include "tools/sources/rdb_recognition.h"
#include "tools/sources/sqlite_recognition.h"

namespace varve {
namespace {

constexpr std::uint8_t kFingerprintVersion = 1;
constexpr std::uint64_t kRawStamp = std::uint64_t{1} << 63;

// The folder itself where it can be found; else as it was named, and opening says why not.
Path real_path(const Path& path) {
  const Path absolute = std::filesystem::absolute(path).lexically_normal();
  std::error_code error;
  Path real = std::filesystem::canonical(absolute, error);
  return error ? absolute : real;
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

void FolderSource::add_item(FolderItem found, const FolderFiles& files,
                            std::chrono::nanoseconds now) {
  Item& item = items_.emplace_back();
  if (found.type == FileType::file && files.is_settled(found, now)) {
    // A file that was taken as a database is another one when it is to be taken as it lies.
    item.stamp = files.stamp_of(found) ^ (options_.raw ? kRawStamp : 0);
    const FileEntry* last = last_entry(found);
    item.is_unchanged =
        last != nullptr && last->type == FileType::file && last->stamp == item.stamp;
  }
  item.found = std::move(found);
}

// What SQLite keeps beside its databases is no file of its own. Which names that are such files'
// stand for, a look at the database tells; where no name suggests it nothing is opened.
std::unordered_set<const FolderItem*> FolderSource::companions(const std::vector<FolderItem>& items,
                                                               const FolderFiles& files) const {
  std::unordered_map<const FolderItem*, bool> is_one;
  std::unordered_set<const FolderItem*> companions;
  for (const FolderItem& item : items) {
    const FolderItem* owner = item.type == FileType::file ? files.owner_of(item) : nullptr;
    if (owner == nullptr) continue;
    const auto [known, is_new] = is_one.try_emplace(owner, false);
    if (is_new) known->second = is_database(*owner);
    if (known->second) companions.insert(&item);
  }
  return companions;
}

StampedIdentity FolderSource::look() {
  const std::chrono::nanoseconds now = system_time();
  FolderContent content = folder_->walk(exclusion_, options_.skip);
  const FolderFiles files(content.items);
  const auto beside = companions(content.items, files);
  StampedIdentity identity;
  items_.clear();
  for (const FolderItem& found : content.items) {
    if (!beside.contains(&found)) {
      if (found.type == FileType::file) identity.stamps.push_back(found.stamp);
      add_item(found, files, now);
    } else if (!found.path.ends_with("-shm")) {  // readers write to that one
      identity.stamps.push_back(log_stamp(found));
    }
  }
  warnings_ = std::move(content.warnings);
  if (content.is_complete) identity.identity = identity_of_items();
  return identity;
}

Bytes FolderSource::identity_of_items() const {
  Sha256Stream hash;
  Encoder out;
  for (const Item& item : items_) {
    out.clear();
    encode_item(out, item.found, item.stamp);
    hash.update(out.buffer());
  }
  out.clear();
  out.u8(kFingerprintVersion);
  for (const std::string& pattern : exclusion_.patterns()) out.text(pattern);
  out.bytes(hash.finish().view());
  return out.take();
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
  if (!options_.raw && is_rdb(*file)) described.format = kRdbFormat;
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
  return info_at(moment_);
}

}  // namespace varve
