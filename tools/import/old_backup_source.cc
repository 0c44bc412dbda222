#include "tools/import/old_backup_source.h"

#include <fmt/format.h>

#include <functional>

#include "store/core/error.h"
#include "tools/import/member_path.h"
#include "tools/import/tar_reader.h"
#include "tools/sources/one_line.h"
#include "tools/sources/sqlite_header.h"
#include "tools/sources/sqlite_source.h"
#include "tools/sources/write_all.h"

namespace varve {
namespace {

constexpr mode_t kPermissionBits = 0777;
constexpr int kMostWarnings = 20;  // of one archive

// Fills `out` from its front; fewer bytes only at the end.
using Read = std::function<std::size_t(MutableBytes out)>;

Bytes read_front(const Read& read) {
  Bytes front(kFormatBytes);
  std::size_t filled = 0;
  while (filled < front.size()) {
    const std::size_t count = read(MutableBytes(front).subspan(filled));
    if (count == 0) break;
    filled += count;
  }
  front.resize(filled);
  return front;
}

// What is left after `front`; returns the size of all.
std::uint64_t fill(ByteView front, const Read& read, FileWriter& writer) {
  write_all(writer, front);
  std::uint64_t size = front.size();
  while (true) {
    const std::size_t count = read(writer.buffer());
    if (count == 0) return size;
    writer.produced(count);
    size += count;
  }
}

// A source whose bytes are those of a file, packed or not.
class OldBackupSource : public Source {
 public:
  explicit OldBackupSource(OldBackup backup) : backup_(std::move(backup)) {}

  std::string name() const override { return backup_.source; }
  std::string kind() const override { return std::string(kind_of(backup_.content)); }
  std::string location() const override { return backup_.path.string(); }
  Bytes fingerprint() override { return {}; }  // it is known by its time
  void open() override { file_ = std::make_unique<PackedFile>(backup_.path); }

  SourceInfo copy(SnapshotBuilder& builder) override {
    info_ = {.name = name(),
             .kind = kind(),
             .location = location(),
             .moment = backup_.time,
             .facts = {{"imported_from", one_line(backup_.path.filename().string())}},
             .fingerprint = {}};
    if (!backup_.packing.empty()) info_.facts["packing"] = backup_.packing;
    if (backup_.content == BackupFormat::tar) {
      copy_archive(builder);
    } else {
      copy_file(builder);
    }
    file_.reset();
    return std::move(info_);
  }

 private:
  void add(SnapshotBuilder& builder, SnapshotBuilder::NewFile file, const Read& read) {
    const Bytes front = read_front(read);
    const BackupFormat format = format_of(front);
    file.chunking = chunking_of(format);
    if (format == BackupFormat::sqlite && backup_.content == BackupFormat::tar) {
      file.format = kind_of(format);  // verified as one
    }
    std::uint64_t size = 0;
    builder.add_file(file, [&](FileWriter& writer) { size = fill(front, read, writer); });
    if (format == BackupFormat::sqlite && backup_.content == format) note_header(front, size);
  }

  void note_header(const Bytes& front, std::uint64_t size) {
    SqliteHeader header;
    std::copy_n(front.begin(), std::min(front.size(), header.bytes.size()), header.bytes.begin());
    info_.facts.merge(facts_of(header, size));
    // "journal_mode" says what a database was that is stored in another mode; this one is as it
    // was.
    info_.facts.erase("journal_mode");
    if (header.is_wal()) info_.facts["stored_journal_mode"] = "wal";
  }

  void copy_file(SnapshotBuilder& builder) {
    const struct stat status = file_->status();
    add(builder,
        {.path = name(),
         .mode = status.st_mode & kPermissionBits,
         .mtime = Timestamp{status.st_mtim.tv_sec},
         .size_hint = backup_.packing.empty() ? backup_.size : 0},
        [&](MutableBytes out) { return file_->read(out); });
  }

  void copy_archive(SnapshotBuilder& builder) {
    TarReader archive(*file_);
    MemberPaths taken;
    int left_out = 0;
    bool is_empty = true;
    while (const auto member = archive.next()) {
      if (is_root(*member)) continue;
      const MemberPath path = member_path(member->path);
      const std::string why = path.path.empty() ? path.fault : reason_against(*member, path.path);
      if (!why.empty()) {
        if (left_out++ < kMostWarnings) warn_of_member(builder, member->path, why);
        continue;
      }
      if (claim(taken, *member, path.path)) copy_member(builder, archive, *member, path.path);
      is_empty = false;
    }
    if (left_out > kMostWarnings) {
      builder.warn(
          fmt::format("{}: {} more were left out of it", location(), left_out - kMostWarnings));
    }
    if (is_empty) builder.warn(fmt::format("{} holds nothing that can be stored", location()));
  }

  void copy_member(SnapshotBuilder& builder, TarReader& archive, const TarMember& member,
                   const std::string& path) {
    SnapshotBuilder::NewFile entry{.path = name() + "/" + path,
                                   .mode = member.mode,
                                   .mtime = member.mtime,
                                   .size_hint = member.size,
                                   .mtime_nanoseconds = member.mtime_nanoseconds,
                                   .owner = member.owner};
    if (member.type == TarMember::Type::file) {
      return add(builder, std::move(entry), [&](MutableBytes out) { return archive.read(out); });
    }
    entry.size_hint = 0;
    entry.type = member.type == TarMember::Type::folder ? FileType::folder : FileType::link;
    entry.target = member.target;
    builder.add_entry(entry);
  }

  // "./", the folder that was packed.
  static bool is_root(const TarMember& member) {
    return member.type == TarMember::Type::folder && !member.path.empty() &&
           member.path.find_first_not_of("./") == std::string::npos &&
           member.path.find("..") == std::string::npos && !member.path.starts_with('/');
  }

  static std::string reason_against(const TarMember& member, const std::string& path) {
    using Type = TarMember::Type;
    if (member.type == Type::hard_link) return "it is a hard link to another member";
    if (member.type == Type::special) return "it is a device, a pipe or a socket";
    if (member.type == Type::symbolic_link && !stays_inside(path, member.target)) {
      return "it is a link that leads out of the archive";
    }
    return {};
  }

  void warn_of_member(SnapshotBuilder& builder, const std::string& path, const std::string& why) {
    builder.warn(fmt::format("{}: left out '{}': {}", location(), one_line(path, 200), why));
  }

  // False for a folder that is there already.
  bool claim(MemberPaths& taken, const TarMember& member, const std::string& path) const {
    const auto claim =
        member.type == TarMember::Type::folder ? taken.claim_folder(path) : taken.claim(path);
    if (claim != MemberPaths::Claim::conflict) return claim == MemberPaths::Claim::taken;
    throw file_->error(fmt::format("it holds '{}' twice: unpack it, and ingest what is right",
                                   one_line(path, 200)));
  }

  const OldBackup backup_;
  std::unique_ptr<PackedFile> file_;  // while it is open
  SourceInfo info_;
};

}  // namespace

std::unique_ptr<Source> make_source(const OldBackup& backup, const Patience& patience) {
  if (backup.has_log) {
    return std::make_unique<SqliteSource>(backup.path, backup.source, patience);
  }
  return std::make_unique<OldBackupSource>(backup);
}

}  // namespace varve
