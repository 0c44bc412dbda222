#include "tools/sources/snapshot_vfs.h"

#include <fmt/format.h>

#include <atomic>
#include <cstring>
#include <map>
#include <mutex>

#include "store/core/error.h"
#include "tools/sources/sqlite_trust.h"

namespace varve {

// What a name stands for, from the connection's beginning to its end.
struct SnapshotDatabase::Entry {
  // Fewer bytes than there is room for only at the end.
  using Read = std::function<std::size_t(std::uint64_t offset, MutableBytes room)>;

  Entry(std::string label, std::uint64_t bytes, Read read_at);
  ~Entry();
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

  const std::string path;    // for messages
  const std::uint64_t size;  // bytes
  const Read read;
  std::string name;
  // Touched by the connection's thread only.
  std::string error;
  Watcher watcher;
  Shortcut shortcut;
};

namespace {

using Entry = SnapshotDatabase::Entry;

// SQLite opens files by name, so the open ones have names.
class Registry {
 public:
  void add(Entry& entry) {
    const std::lock_guard lock(mutex_);
    entry.name = fmt::format("snapshot-{}", ++count_);
    entries_[entry.name] = &entry;
  }
  void remove(const Entry& entry) {
    const std::lock_guard lock(mutex_);
    entries_.erase(entry.name);
  }
  Entry* find(const char* name) {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(name);
    return found == entries_.end() ? nullptr : found->second;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, Entry*, std::less<>> entries_;  // guarded by mutex_
  std::uint64_t count_ = 0;                             // guarded by mutex_
};

Registry& registry() {
  static Registry instance;
  return instance;
}

// SQLite allocates the memory, and knows only the base part.
struct OpenFile {
  sqlite3_file base;
  Entry* entry;
};

Entry& entry_of(sqlite3_file* file) { return *reinterpret_cast<OpenFile*>(file)->entry; }

int close_file(sqlite3_file*) { return SQLITE_OK; }

// The head's two versions, of who may write and who may read: 2 says that there is a log. It has
// been laid in, or is not looked at; without shared memory SQLite would not open the file.
void hide_log_mode(std::uint64_t offset, MutableBytes bytes) {
  constexpr std::uint64_t kVersions = 18;
  constexpr std::byte kRollback{1};
  constexpr std::byte kLog{2};
  for (std::uint64_t at = kVersions; at < kVersions + 2; ++at) {
    if (at < offset || at - offset >= bytes.size()) continue;
    std::byte& version = bytes[at - offset];
    if (version == kLog) version = kRollback;
  }
}

// No exception may pass through SQLite.
int read_file_part(sqlite3_file* file, void* out, int count, sqlite3_int64 from) {
  Entry& entry = entry_of(file);
  const MutableBytes room(static_cast<std::byte*>(out), static_cast<std::size_t>(count));
  const auto offset = static_cast<std::uint64_t>(from);
  if (entry.watcher && !entry.watcher(room.size())) return SQLITE_IOERR_READ;
  try {
    const bool is_served = entry.shortcut && entry.shortcut(offset, room);
    const std::size_t got = is_served ? room.size() : entry.read(offset, room);
    hide_log_mode(offset, room.first(got));
    if (got == room.size()) return SQLITE_OK;
    std::memset(room.data() + got, 0, room.size() - got);
    return SQLITE_IOERR_SHORT_READ;
  } catch (const std::exception& error) {
    if (entry.error.empty()) entry.error = error.what();
  } catch (...) {
    if (entry.error.empty()) entry.error = "unknown failure";
  }
  return SQLITE_IOERR_READ;
}

int refuse_write(sqlite3_file*, const void*, int, sqlite3_int64) { return SQLITE_READONLY; }
int refuse_truncate(sqlite3_file*, sqlite3_int64) { return SQLITE_READONLY; }
int sync_nothing(sqlite3_file*, int) { return SQLITE_OK; }

int tell_size(sqlite3_file* file, sqlite3_int64* size) {
  *size = static_cast<sqlite3_int64>(entry_of(file).size);
  return SQLITE_OK;
}

int lock_nothing(sqlite3_file*, int) { return SQLITE_OK; }

int nobody_reserves(sqlite3_file*, int* reserved) {
  *reserved = 0;
  return SQLITE_OK;
}

int control_nothing(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int sector_size(sqlite3_file*) { return 0; }  // SQLite's own default
int characteristics(sqlite3_file*) { return 0; }

constexpr sqlite3_io_methods make_methods() {
  sqlite3_io_methods methods = {};
  methods.iVersion = 1;
  methods.xClose = close_file;
  methods.xRead = read_file_part;
  methods.xWrite = refuse_write;
  methods.xTruncate = refuse_truncate;
  methods.xSync = sync_nothing;
  methods.xFileSize = tell_size;
  methods.xLock = lock_nothing;
  methods.xUnlock = lock_nothing;
  methods.xCheckReservedLock = nobody_reserves;
  methods.xFileControl = control_nothing;
  methods.xSectorSize = sector_size;
  methods.xDeviceCharacteristics = characteristics;
  return methods;
}

constexpr sqlite3_io_methods kMethods = make_methods();

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  file->pMethods = nullptr;
  Entry* entry = (flags & SQLITE_OPEN_MAIN_DB) != 0 ? registry().find(name) : nullptr;
  if (entry == nullptr) return SQLITE_CANTOPEN;
  reinterpret_cast<OpenFile*>(file)->entry = entry;
  file->pMethods = &kMethods;
  if (out_flags != nullptr) *out_flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_MAIN_DB;
  return SQLITE_OK;
}

int refuse_delete(sqlite3_vfs*, const char*, int) { return SQLITE_READONLY; }

int nothing_exists(sqlite3_vfs*, const char*, int, int* exists) {
  *exists = 0;
  return SQLITE_OK;
}

int keep_name(sqlite3_vfs*, const char* name, int room, char* out) {
  if (std::strlen(name) >= static_cast<std::size_t>(room)) return SQLITE_CANTOPEN;
  std::strcpy(out, name);
  return SQLITE_OK;
}

// What has nothing to do with files the system's own file layer does.
sqlite3_vfs* system_vfs(sqlite3_vfs* self) { return static_cast<sqlite3_vfs*>(self->pAppData); }

int randomness(sqlite3_vfs* self, int count, char* out) {
  return system_vfs(self)->xRandomness(system_vfs(self), count, out);
}
int sleep_for(sqlite3_vfs* self, int microseconds) {
  return system_vfs(self)->xSleep(system_vfs(self), microseconds);
}
int current_time(sqlite3_vfs* self, double* time) {
  return system_vfs(self)->xCurrentTime(system_vfs(self), time);
}
int last_error(sqlite3_vfs*, int, char*) { return 0; }

sqlite3_vfs make_vfs() {
  sqlite3_vfs vfs = {};
  vfs.iVersion = 1;
  vfs.szOsFile = sizeof(OpenFile);
  vfs.mxPathname = 64;
  vfs.zName = "varve";
  vfs.pAppData = sqlite3_vfs_find(nullptr);
  vfs.xOpen = open_file;
  vfs.xDelete = refuse_delete;
  vfs.xAccess = nothing_exists;
  vfs.xFullPathname = keep_name;
  vfs.xRandomness = randomness;
  vfs.xSleep = sleep_for;
  vfs.xCurrentTime = current_time;
  vfs.xGetLastError = last_error;
  return vfs;
}

// Registered once; SQLite keeps the pointer for the life of the process.
const char* vfs_name() {
  static sqlite3_vfs vfs = make_vfs();
  static const int registered = sqlite3_vfs_register(&vfs, 0);
  if (registered != SQLITE_OK) {
    throw Error(ErrorCode::failed, "SQLite does not take varve's file layer: its memory is full");
  }
  return vfs.zName;
}

OwnedSqliteConnection connect(const Entry& entry) {
  sqlite3* connection = nullptr;
  const int code = sqlite3_open_v2(
      entry.name.c_str(), &connection,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, vfs_name());
  OwnedSqliteConnection owned(connection);
  if (!entry.error.empty()) throw Error(ErrorCode::corrupt, entry.error);  // it reads the head
  if (code != SQLITE_OK) {
    throw Error(ErrorCode::failed,
                fmt::format("SQLite cannot open {}: {}", entry.path, sqlite3_errstr(code)));
  }
  // Writes fail at once, and not when they come to the file layer.
  sqlite3_exec(connection, "PRAGMA query_only=ON", nullptr, nullptr, nullptr);
  return owned;
}

int keep_computing(void* entry) {
  const auto& watcher = static_cast<Entry*>(entry)->watcher;
  return !watcher || watcher(0) ? 0 : 1;
}

}  // namespace

SnapshotDatabase::Entry::Entry(std::string label, std::uint64_t bytes, Read read_at)
    : path(std::move(label)), size(bytes), read(std::move(read_at)) {
  registry().add(*this);
}
SnapshotDatabase::Entry::~Entry() { registry().remove(*this); }

SnapshotDatabase::SnapshotDatabase(FileReader& file)
    : SnapshotDatabase(std::make_unique<Entry>(
          "the stored " + file.file().path, file.size(),
          [&file](std::uint64_t offset, MutableBytes room) { return file.read(offset, room); })) {}

SnapshotDatabase::SnapshotDatabase(const File& file)
    : SnapshotDatabase(std::make_unique<Entry>(file.path().native(), file.size(),
                                               [&file](std::uint64_t offset, MutableBytes room) {
                                                 return file.read_at(offset, room);
                                               })) {}

SnapshotDatabase::SnapshotDatabase(std::unique_ptr<Entry> entry)
    : entry_(std::move(entry)), connection_(connect(*entry_)) {
  distrust(connection_.get());
}

SnapshotDatabase::~SnapshotDatabase() = default;

void SnapshotDatabase::watch(Watcher watcher) {
  constexpr int kInstructions = 100'000;  // a few milliseconds
  entry_->watcher = std::move(watcher);
  sqlite3_progress_handler(connection_.get(), kInstructions, keep_computing, entry_.get());
}

void SnapshotDatabase::serve(Shortcut shortcut) { entry_->shortcut = std::move(shortcut); }

const std::string& SnapshotDatabase::store_error() const { return entry_->error; }

}  // namespace varve
