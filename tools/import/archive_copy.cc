#include "tools/import/archive_copy.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "store/core/error.h"
#include "store/core/one_line.h"
#include "tools/import/backup_file.h"
#include "tools/import/backup_format.h"
#include "tools/sources/rdb_recognition.h"
#include "tools/sources/sqlite_header.h"

namespace varve {
namespace {

using Type = TarMember::Type;

constexpr int kMostWarnings = 20;  // of one archive
constexpr std::string_view kLog = "-wal";
constexpr std::string_view kLogIndex = "-shm";
constexpr std::size_t kPiece = 256u << 10;

// "./", the folder that was packed.
bool is_root(const TarMember& member) {
  return member.type == Type::folder && !member.path.empty() &&
         member.path.find_first_not_of("./") == std::string::npos &&
         member.path.find("..") == std::string::npos && !member.path.starts_with('/');
}

bool is_wal_database(const Bytes& front) {
  if (format_of(front) != BackupFormat::sqlite || front.size() < SqliteHeader::kSize) return false;
  return front[SqliteHeader::kReadVersion] == SqliteHeader::kWal;
}

bool is_log(const Bytes& front) {
  const std::string_view text = as_text(front);
  return text.starts_with("\x37\x7f\x06\x82") || text.starts_with("\x37\x7f\x06\x83");
}

// The database that `path` would be a companion of; empty: none.
std::string owner_of(const std::string& path) {
  for (const std::string_view end : {kLog, kLogIndex}) {
    if (path.ends_with(end)) return path.substr(0, path.size() - end.size());
  }
  return {};
}

void write_to(const Path& path, const ReadBytes& read) {
  File file = File::create_new(path);
  Bytes piece(kPiece);
  while (const std::size_t count = read(piece)) file.write_all(ByteView(piece).first(count));
}

ReadBytes bytes_of(const File& file) {
  return [&file, offset = std::uint64_t{0}](MutableBytes out) mutable {
    const std::size_t count = file.read_at(offset, out);
    offset += count;
    return count;
  };
}

}  // namespace

ArchiveCopy::ArchiveCopy(const OldBackup& backup, SnapshotBuilder& builder)
    : backup_(backup), builder_(builder) {}

void ArchiveCopy::run(PackedFile& file) {
  TarReader archive(file);
  while (const auto member = archive.next()) {
    if (!is_root(*member)) take(archive, *member);
  }
  pass_over_companions();
  take_the_rest();
  if (left_out_ > kMostWarnings) {
    builder_.warn(
        fmt::format("{}: {} more were left out of it", place(), left_out_ - kMostWarnings));
  }
  if (is_empty_) builder_.warn(fmt::format("{} holds nothing that can be stored", place()));
}

void ArchiveCopy::take(TarReader& archive, const TarMember& member) {
  const MemberPath path = member_path(member.path);
  if (path.path.empty()) return leave_out(member.path, path.fault);
  switch (member.type) {
    case Type::special:
      return leave_out(member.path, "it is a device, a pipe or a socket");
    case Type::hard_link:
      return take_hard_link(member, path.path);
    case Type::file:
      return take_file(archive, member, path.path);
    default:
      return take_entry(member, path.path);
  }
}

void ArchiveCopy::take_entry(const TarMember& member, const std::string& path) {
  if (member.type == Type::symbolic_link && !stays_inside(path, member.target)) {
    return leave_out(member.path, "it is a link that leads out of the archive");
  }
  claim(member, path);
  if (member.type == Type::symbolic_link) {
    links_.emplace(path, member);
  } else if (!folders_.insert(path).second) {
    return;
  }
  SnapshotBuilder::NewFile entry = entry_of(member, path);
  entry.size_hint = 0;
  entry.type = member.type == Type::folder ? FileType::folder : FileType::link;
  entry.target = member.target;
  builder_.add_entry(entry);
}

// tar writes the file itself first.
void ArchiveCopy::take_hard_link(const TarMember& member, const std::string& path) {
  const MemberPath target = member_path(member.target);
  const auto known = first_.find(target.path);
  const std::string& bytes = known == first_.end() ? target.path : known->second;
  if (const auto link = links_.find(bytes); link != links_.end()) {
    TarMember same = member;
    same.type = Type::symbolic_link;
    same.target = link->second.target;
    return take_entry(same, path);
  }
  if (!files_.contains(bytes)) {
    return leave_out(member.path, fmt::format("it is a hard link to '{}', which is not in it",
                                              one_line(member.target, 200)));
  }
  claim(member, path);
  first_.emplace(path, bytes);
  if (wal_databases_.contains(bytes)) wal_databases_.insert(path);
  later_[bytes].push_back({path, member});
}

void ArchiveCopy::take_file(TarReader& archive, const TarMember& member, const std::string& path) {
  claim(member, path);
  files_.insert(path);
  const ReadBytes rest = [&](MutableBytes out) { return archive.read(out); };
  const Bytes front = read_front(rest);
  const ReadBytes read = with_front(front, rest);
  if (is_wal_database(front)) {
    wal_databases_.insert(path);
    if (log_of(path) != nullptr) return add(member, path, read);
  } else if (path.ends_with(kLog) && is_log(front)) {
    keep_log(path, read);
  } else if (!path.ends_with(kLogIndex)) {
    return add(member, path, read);
  }
  later_[path].push_back({path, member});
}

const Path& ArchiveCopy::spool() {
  if (!spool_) spool_.emplace();
  return spool_->path();
}

void ArchiveCopy::keep_log(const std::string& path, const ReadBytes& read) {
  const Path kept = spool() / fmt::format("log-{}", logs_.size());
  write_to(kept, read);
  logs_.emplace(path, std::make_unique<WriteAheadLog>(kept));
}

// Null for one that has none, or one that cannot be laid in.
WriteAheadLog* ArchiveCopy::log_of(const std::string& path) const {
  const auto log = logs_.find(path + std::string(kLog));
  return log == logs_.end() || log->second->is_damaged() ? nullptr : log->second.get();
}

bool ArchiveCopy::belongs_to_laid_in(const std::string& path) const {
  const std::string owner = owner_of(path);
  return !owner.empty() && wal_databases_.contains(owner) && log_of(owner) != nullptr;
}

void ArchiveCopy::pass_over_companions() {
  for (auto& [path, outputs] : later_) {
    std::erase_if(outputs, [&](const Later& one) { return belongs_to_laid_in(one.path); });
  }
  std::erase_if(later_, [](const auto& one) { return one.second.empty(); });
  for (const auto& [path, log] : logs_) {
    if (!log->is_damaged() || !wal_databases_.contains(owner_of(path))) continue;
    builder_.warn(fmt::format(
        "{}: '{}' is damaged, and was not laid into its database: both are stored as they are, and "
        "what only the log holds is missing in the database",
        place(), one_line(path, 200)));
  }
}

void ArchiveCopy::take_the_rest() {
  if (later_.empty()) return;
  PackedFile file(backup_.path);
  TarReader archive(file);
  std::size_t taken = 0;
  while (const auto member = archive.next()) {
    if (member->type != Type::file) continue;
    const auto later = later_.find(member_path(member->path).path);
    if (later == later_.end()) continue;
    take_later(archive, later->second);
    ++taken;
  }
  if (taken != later_.size()) throw file.error("it changed while it was read");
}

void ArchiveCopy::take_later(TarReader& archive, const std::vector<Later>& outputs) {
  const ReadBytes read = [&](MutableBytes out) { return archive.read(out); };
  if (outputs.size() == 1) return add(outputs.front().member, outputs.front().path, read);
  const Path kept = spool() / "file";
  write_to(kept, read);
  const File file = File::open_read(kept);
  for (const Later& one : outputs) add(one.member, one.path, bytes_of(file));
  remove_file(kept);
}

void ArchiveCopy::add(const TarMember& member, const std::string& path, const ReadBytes& read) {
  is_empty_ = false;
  const Bytes front = read_front(read);
  SnapshotBuilder::NewFile file = entry_of(member, path);
  const BackupFormat format = format_of(front);
  // Verified as what they are.
  if (format == BackupFormat::sqlite || format == BackupFormat::pgdump)
    file.format = kind_of(format);
  if (is_rdb(front)) file.format = kRdbFormat;
  WriteAheadLog* log = is_wal_database(front) ? log_of(path) : nullptr;
  if (log != nullptr) return add_with_log(std::move(file), *log, with_front(front, read));
  add_backup_file(builder_, std::move(file), with_front(front, read));
}

void ArchiveCopy::add_with_log(SnapshotBuilder::NewFile file, WriteAheadLog& log,
                               const ReadBytes& read) {
  file.facts = {{"journal_mode", "wal"}, {"write_ahead_log", "laid in"}};
  LaidInDatabase database(read, log);
  add_backup_file(builder_, std::move(file), [&](MutableBytes out) { return database.read(out); });
  ++laid_in_logs_;
}

SnapshotBuilder::NewFile ArchiveCopy::entry_of(const TarMember& member,
                                               const std::string& path) const {
  return {.path = backup_.source + "/" + path,
          .mode = member.mode,
          .mtime = member.mtime,
          .size_hint = member.size,
          .mtime_nanoseconds = member.mtime_nanoseconds,
          .owner = member.owner};
}

void ArchiveCopy::leave_out(const std::string& path, const std::string& why) {
  if (left_out_++ >= kMostWarnings) return;
  builder_.warn(fmt::format("{}: left out '{}': {}", place(), one_line(path, 200), why));
}

void ArchiveCopy::claim(const TarMember& member, const std::string& path) {
  is_empty_ = false;
  const auto claim =
      member.type == Type::folder ? claimed_.claim_folder(path) : claimed_.claim(path);
  if (claim != MemberPaths::Claim::conflict) return;
  throw Error(ErrorCode::failed,
              fmt::format("cannot import {}: it holds '{}' twice: unpack it, and ingest what is "
                          "right",
                          place(), one_line(path, 200)));
}

}  // namespace varve
