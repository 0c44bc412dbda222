#include "tools/import/import_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "store/core/error.h"
#include "store/core/one_line.h"
#include "tools/import/dated_name.h"
#include "tools/import/packed_file.h"
#include "tools/sources/sqlite_companions.h"

namespace varve {
namespace {

void look_inside(OldBackup& backup) {
  const PackedFile file(backup.path);
  backup.content = file.format();
  backup.packing = file.packing();
}

void drop_end(std::string& name, std::string_view end) {
  if (name.ends_with(end)) name.resize(name.size() - end.size());
}

// The name of what was packed: "shop.sql" of "shop.sql.gz", "data" of "data.tgz".
std::string name_inside(std::string name, const OldBackup& backup) {
  if (!backup.packing.empty()) {
    const auto dot = name.rfind('.');
    const std::string end = dot == std::string::npos ? "" : name.substr(dot);
    for (const char* known : {".gz", ".tgz", ".zst", ".tzst", ".bz2", ".tbz2", ".xz", ".txz"}) {
      if (end == known) name.resize(dot);
    }
  }
  if (backup.content == BackupFormat::tar) drop_end(name, ".tar");
  return name;
}

std::string fault_of_source_name(const std::string& name) {
  if (name.size() > 255) return "its name is longer than 255 bytes";
  if (name == "SHA256SUMS" || name == "snapshot.json")
    return "every snapshot has a file of its name";
  const bool has_control = std::any_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  return has_control ? "its name holds a control character" : "";
}

// The other files of the folder show whether the day stands first.
DayOrder day_order_of(const Path& folder) {
  std::set<DayOrder> shown;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto dated = dated_name(entry.path().filename().string());
    if (dated && dated->shows != DayOrder::unknown) shown.insert(dated->shows);
  }
  return shown.size() == 1 ? *shown.begin() : DayOrder::unknown;
}

class Planner {
 public:
  Planner(const Path& folder, const PlanRequest& request) : folder_(folder), request_(request) {}

  ImportPlan plan() {
    take_folder(folder_, nullptr);
    std::ranges::stable_sort(plan_.backups, {}, [](const OldBackup& backup) {
      return std::tie(backup.time, backup.source);
    });
    if (!request_.as.empty()) call_all(request_.as);
    return std::move(plan_);
  }

 private:
  using Entry = std::filesystem::directory_entry;
  using Entries = std::map<std::string, Entry>;

  void pass_over(const Path& path, const std::string& why) {
    plan_.passed_over.push_back({path, why});
  }
  void refuse(const Path& path, const std::string& why) {
    plan_.unreadable.push_back({path, fmt::format("cannot import {}: {}", path.string(), why)});
  }

  void call_all(const std::string& name) {
    for (OldBackup& backup : plan_.backups) {
      if (backup.source != plan_.backups.front().source) {
        throw Error(ErrorCode::usage,
                    fmt::format("--as is for backups of one source, and {} holds some of '{}' and "
                                "of '{}': --prefix names them all apart",
                                folder_.string(), one_line(plan_.backups.front().source),
                                one_line(backup.source)));
      }
    }
    for (OldBackup& backup : plan_.backups) backup.source = request_.prefix + name;
  }

  // `date` is the folder's own, for files that have none; null: they must have one.
  void take_folder(const Path& folder, const DatedName* date) {
    Entries entries;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      entries.emplace(entry.path().filename().string(), entry);
    }
    const DayOrder order = day_order_of(folder);
    for (const auto& [name, entry] : entries) {
      if (const std::string owner = owner_of(entries, name); !owner.empty()) {
        pass_over(entry.path(), fmt::format("it belongs to {}", one_line(owner)));
        continue;
      }
      auto dated = dated_name(name, order);
      if (!dated && date != nullptr) {
        dated = *date;
        dated->name = name;
      }
      consider(entries, entry, dated, date == nullptr);
    }
  }

  // The file whose companion `name` is by its end; empty: none.
  static std::string owner_of(const Entries& entries, const std::string& name) {
    const auto found = entries.find(database_of(name));
    if (found == entries.end() || !found->second.is_regular_file()) return {};
    return found->first;
  }

  void consider(const Entries& entries, const Entry& entry, const std::optional<DatedName>& dated,
                bool may_be_folder) {
    const Path& path = entry.path();
    if (!dated) return pass_over(path, "there is no date in its name");
    if (entry.is_symlink()) return pass_over(path, "it is a symbolic link");
    if (entry.is_directory()) return consider_folder(path, *dated, may_be_folder);
    if (!entry.is_regular_file()) return pass_over(path, "it is no plain file");
    if (dated->is_ambiguous) {
      return pass_over(path,
                       "its date can be read with the day first and with the month first; "
                       "rename it (YYYY-MM-DD)");
    }
    OldBackup backup{.path = path, .source = {}, .time = time_of(*dated), .packing = {}};
    try {
      look_inside(backup);
      backup.has_log = has_companion(entries, backup, "-wal");
      look_at_disk(backup);
    } catch (const Error& error) {
      plan_.unreadable.push_back({path, error.what()});
      return;
    }
    if (has_companion(entries, backup, "-journal") && has_live_journal(path)) {
      return refuse(path,
                    "a rollback journal lies beside it: it was copied in the middle of a "
                    "transaction; open a copy of both with sqlite3, and import that");
    }
    backup.source = request_.prefix + source_of(dated->name, backup);
    const std::string fault = fault_of_source_name(backup.source);
    if (!fault.empty()) return pass_over(path, fault);
    plan_.backups.push_back(std::move(backup));
  }

  void consider_folder(const Path& path, const DatedName& dated, bool may_be_folder) {
    if (!may_be_folder) return pass_over(path, "it is a folder in a dated folder");
    if (dated.is_ambiguous) {
      return pass_over(path, "its date can be read with the day first and with the month first");
    }
    if (!dated.name.empty()) {
      return pass_over(path, "it is a folder; varve ingest FOLDER --time takes it");
    }
    take_folder(path, &dated);
  }

  static bool has_companion(const Entries& entries, const OldBackup& backup, std::string_view end) {
    if (backup.content != BackupFormat::sqlite || !backup.packing.empty()) return false;
    const auto found = entries.find(backup.path.filename().string() + std::string(end));
    return found != entries.end() && found->second.is_regular_file() &&
           found->second.file_size() > 0;
  }

  Timestamp time_of(const DatedName& dated) const {
    if (!dated.offset && request_.times == NamedTimes::local) return local_time(dated.time);
    const std::chrono::seconds offset = dated.offset.value_or(std::chrono::minutes(0));
    return Timestamp{utc_time(dated.time).seconds - offset.count()};
  }

  // A name that is nothing but a date says nothing: the folder's does.
  std::string source_of(const std::string& undated, const OldBackup& backup) const {
    std::string inside = name_inside(undated, backup);
    if (inside.empty() || inside.starts_with('.')) {
      return name_inside(folder_.filename().string() + undated, backup);
    }
    return inside;
  }

  const Path folder_;
  const PlanRequest request_;
  ImportPlan plan_;
};

}  // namespace

ImportPlan plan_import(const Path& folder, const PlanRequest& request) {
  std::error_code fault;
  const Path real = std::filesystem::canonical(folder, fault);
  if (fault) {
    throw Error(ErrorCode::failed,
                fmt::format("cannot import {}: {}", folder.string(), fault.message()));
  }
  if (!std::filesystem::is_directory(real)) {
    throw Error(ErrorCode::failed,
                fmt::format("cannot import {}: it is no folder; varve ingest takes one file",
                            folder.string()));
  }
  return Planner(real, request).plan();
}

}  // namespace varve
