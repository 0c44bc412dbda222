#include "tools/import/old_backup_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "store/core/error.h"
#include "store/core/one_line.h"
#include "store/transform/digest.h"
#include "tools/import/archive_copy.h"
#include "tools/import/backup_file.h"
#include "tools/import/packed_file.h"
#include "tools/import/write_ahead_log.h"
#include "tools/sources/file_stamp.h"
#include "tools/sources/sqlite_header.h"

namespace varve {
namespace {

constexpr mode_t kPermissionBits = 0777;
constexpr std::size_t kPiece = 256u << 10;

// The backup's bytes as they are stored, unless it is an archive. Not thread-safe.
class Content {
 public:
  explicit Content(const OldBackup& backup) : file_(backup.path) {
    if (backup.has_log) log_ = open_log(log_of(backup));
    if (!has_laid_in_log()) return;
    database_.emplace([this](MutableBytes out) { return file_.read(out); }, *log_);
  }
  Content(const Content&) = delete;
  Content& operator=(const Content&) = delete;

  PackedFile& file() { return file_; }
  bool has_damaged_log() const { return log_ && log_->is_damaged(); }
  bool has_laid_in_log() const { return log_ && !log_->is_damaged(); }

  std::size_t read(MutableBytes out) {
    if (!database_) return file_.read(out);
    const std::size_t count = database_->read(out);
    hash_.update(out.first(count));
    return count;
  }
  // After the end was read. Once.
  Sha256 sha256() { return database_ ? hash_.finish() : file_.sha256(); }

 private:
  static std::unique_ptr<WriteAheadLog> open_log(const Path& path) {
    try {
      return std::make_unique<WriteAheadLog>(path);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::io) throw;
      throw Error(ErrorCode::failed,
                  fmt::format("cannot import {}: {}", path.string(), error.what()));
    }
  }

  PackedFile file_;
  std::unique_ptr<WriteAheadLog> log_;
  std::optional<LaidInDatabase> database_;
  Sha256Stream hash_;  // of the database with its log
};

class OldBackupSource : public Source {
 public:
  explicit OldBackupSource(OldBackup backup) : backup_(std::move(backup)) {}

  std::string name() const override { return backup_.source; }
  std::string kind() const override { return std::string(kind_of(backup_.content)); }
  std::string location() const override { return backup_.path.string(); }
  Bytes fingerprint() override { return {}; }  // see known_backups.h
  void open() override { content_ = std::make_unique<Content>(backup_); }

  SourceInfo copy(SnapshotBuilder& builder) override {
    info_ = {.name = name(),
             .kind = kind(),
             .location = location(),
             .moment = backup_.time,
             .facts = {},
             .fingerprint = {}};
    if (backup_.content == BackupFormat::tar) {
      copy_archive(builder);
    } else {
      copy_file(builder);
    }
    if (!is_as_planned(backup_)) throw content_->file().error("it changed while it was read");
    note_origin();
    content_.reset();
    return std::move(info_);
  }

 private:
  void note_origin() {
    info_.facts["imported_from"] = one_line(backup_.path.filename().string());
    info_.facts["imported_size"] = std::to_string(backup_.size);
    info_.facts["imported_sha256"] = to_hex(content_->sha256().view());
    if (!backup_.packing.empty()) info_.facts["packing"] = backup_.packing;
    info_.facts["imported_modified"] = to_text(backup_.modified);
    // A time of a moment ago proves nothing: the same tick of the clock may see another write.
    FileStamp stamp;
    stamp.written = backup_.modified;
    stamp.changed = backup_.changed;
    if (is_settled(stamp, system_time())) {
      info_.facts["imported_changed"] = to_text(backup_.changed);
    }
  }

  void note_header(const BackupFile& file) {
    SqliteHeader header;
    std::copy_n(file.front.begin(), std::min(file.front.size(), header.bytes.size()),
                header.bytes.begin());
    info_.facts.merge(facts_of(header, file.size));
    // "journal_mode" says what a database was that is stored in another mode; one without a log is
    // stored as it was.
    info_.facts.erase("journal_mode");
    if (content_->has_laid_in_log()) {
      info_.facts["journal_mode"] = "wal";
      info_.facts["write_ahead_log"] = "laid in";
    } else if (header.is_wal()) {
      info_.facts["stored_journal_mode"] = "wal";
    }
  }

  void copy_file(SnapshotBuilder& builder) {
    const struct stat status = content_->file().status();
    const BackupFile file =
        add_backup_file(builder,
                        {.path = name(),
                         .mode = status.st_mode & kPermissionBits,
                         .mtime = Timestamp{status.st_mtim.tv_sec},
                         .size_hint = backup_.packing.empty() ? backup_.size : 0},
                        [&](MutableBytes out) { return content_->read(out); });
    if (backup_.content == BackupFormat::sqlite) note_header(file);
    if (!content_->has_damaged_log()) return;
    builder.warn(fmt::format("{} is damaged: the database was taken without it, as SQLite would",
                             log_of(backup_).string()));
  }

  void copy_archive(SnapshotBuilder& builder) {
    ArchiveCopy copy(backup_, builder);
    copy.run(content_->file());
    if (copy.laid_in_logs() == 0) return;
    info_.facts["write_ahead_logs_laid_in"] = std::to_string(copy.laid_in_logs());
  }

  const OldBackup backup_;
  std::unique_ptr<Content> content_;  // while it is open
  SourceInfo info_;
};

}  // namespace

std::unique_ptr<Source> make_source(const OldBackup& backup) {
  return std::make_unique<OldBackupSource>(backup);
}

Sha256 sha256_of_content(const OldBackup& backup, const std::stop_token& stop) {
  Content content(backup);
  Bytes piece(kPiece);
  while (content.read(piece) > 0) {
    if (stop.stop_requested()) throw Error(ErrorCode::interrupted, "interrupted");
  }
  return content.sha256();
}

std::string to_text(std::chrono::nanoseconds time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  std::string text = to_iso(Timestamp{seconds.count()});
  text.pop_back();  // the Z
  return fmt::format("{}.{:09}Z", text, (time - seconds).count());
}

}  // namespace varve
