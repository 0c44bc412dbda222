#include "tools/import/import_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <tuple>

#include "store/core/error.h"
#include "tools/import/dated_name.h"
#include "tools/import/packed_file.h"
#include "tools/sources/one_line.h"

namespace varve {
namespace {

constexpr std::array<std::string_view, 3> kCompanions = {"-wal", "-shm", "-journal"};

void look_inside(OldBackup& backup) {
  const PackedFile file(backup.path);
  backup.size = static_cast<std::uint64_t>(file.status().st_size);
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

class Planner {
 public:
  Planner(const Path& folder, NamedTimes times) : folder_(folder), times_(times) {}

  ImportPlan plan() {
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      entries_.emplace(entry.path().filename().string(), entry);
    }
    for (const auto& [name, entry] : entries_) consider(name, entry);
    std::ranges::stable_sort(plan_.backups, {}, [](const OldBackup& backup) {
      return std::tie(backup.time, backup.source);
    });
    return std::move(plan_);
  }

 private:
  using Entry = std::filesystem::directory_entry;

  void pass_over(const Path& path, const std::string& why) {
    plan_.passed_over.push_back({path, why});
  }

  // The database whose companion `name` is by its end.
  const Entry* owner_of(const std::string& name) const {
    for (const std::string_view end : kCompanions) {
      if (!name.ends_with(end)) continue;
      const auto found = entries_.find(name.substr(0, name.size() - end.size()));
      if (found != entries_.end() && found->second.is_regular_file()) return &found->second;
    }
    return nullptr;
  }

  bool has_log(const std::string& name) const {
    const auto log = entries_.find(name + "-wal");
    return log != entries_.end() && log->second.is_regular_file() && log->second.file_size() > 0;
  }

  void consider(const std::string& name, const Entry& entry) {
    const auto dated = dated_name(name);
    if (const Entry* owner = owner_of(name)) {
      return pass_over(entry.path(), fmt::format("it belongs to {}",
                                                 one_line(owner->path().filename().string())));
    }
    if (!dated) return pass_over(entry.path(), "there is no date in its name");
    if (entry.is_symlink()) return pass_over(entry.path(), "it is a symbolic link");
    if (!entry.is_regular_file()) return pass_over(entry.path(), "it is no plain file");
    OldBackup backup{.path = entry.path(), .source = {}, .time = time_of(*dated), .packing = {}};
    try {
      look_inside(backup);
    } catch (const Error& error) {
      plan_.unreadable.push_back({entry.path(), error.what()});
      return;
    }
    backup.has_log =
        backup.content == BackupFormat::sqlite && backup.packing.empty() && has_log(name);
    backup.source = source_of(dated->name, backup);
    const std::string fault = fault_of_source_name(backup.source);
    if (!fault.empty()) return pass_over(entry.path(), fault);
    plan_.backups.push_back(std::move(backup));
  }

  Timestamp time_of(const DatedName& dated) const {
    const bool is_utc = dated.is_utc || times_ == NamedTimes::utc;
    return is_utc ? utc_time(dated.time) : local_time(dated.time);
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
  const NamedTimes times_;
  std::map<std::string, Entry> entries_;
  ImportPlan plan_;
};

}  // namespace

ImportPlan plan_import(const Path& folder, NamedTimes times) {
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
  return Planner(real, times).plan();
}

}  // namespace varve
