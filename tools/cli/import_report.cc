#include "tools/cli/import_report.h"

#include <fmt/format.h>

#include <map>

#include "tools/cli/format.h"

namespace varve::cli {
namespace {

std::string file_name(const Path& path) { return path.filename().string(); }

std::string table_of(const ImportReport& report) {
  if (report.taken.empty()) return {};
  Table table({{"TIME"},
               {"SOURCE"},
               {"FROM"},
               {"PACKED"},
               {"SIZE", Table::Align::right},
               {"ADDED", Table::Align::right},
               {"VERIFIED"}});
  for (const auto& [backup, snapshot] : report.taken) {
    table.add({to_iso(backup.time), backup.source, file_name(backup.path),
               backup.packing.empty() ? "" : format_bytes(backup.size),
               format_bytes(snapshot.raw_bytes()), format_bytes(snapshot.added_bytes),
               snapshot.verified()});
  }
  return table.text();
}

std::string remarks_of(const ImportReport& report) {
  std::string text;
  for (const auto& [path, why] : report.passed_over) {
    text += printable(fmt::format("passed over {}: {}", file_name(path), why)) + "\n";
  }
  for (const auto& [backup, known] : report.present) {
    if (known.location == backup.path.string()) continue;
    text += printable(fmt::format("passed over {}: the same bytes as {}, which is there already",
                                  file_name(backup.path), known.location)) +
            "\n";
  }
  for (const std::string& note : report.notes) text += printable(note) + "\n";
  return text;
}

std::string sums_of(const ImportReport& report) {
  const char* const verb = report.dry_run ? "would import" : "imported";
  std::string text = fmt::format("{} nothing", verb);
  if (!report.taken.empty()) {
    text =
        fmt::format("{} {}: {} on disk, {} unpacked, {} {} to the repository", verb,
                    format_count(report.taken.size(), "backup"), format_bytes(report.disk_bytes()),
                    format_bytes(report.raw_bytes()), format_bytes(report.added_bytes()),
                    report.dry_run ? "would be added" : "added");
  }
  if (!report.older.empty()) {
    text += fmt::format("; {} {} older than what is there", format_count(report.older.size()),
                        report.older.size() == 1 ? "is" : "are");
  }
  if (report.present.empty()) return text;
  text += fmt::format("; {} {} there already", format_count(report.present.size()),
                      report.present.size() == 1 ? "was" : "were");
  return text + fmt::format("\nall of them: {} on disk, {} in the repository",
                            format_bytes(report.folder_disk_bytes()),
                            format_bytes(report.folder_added_bytes()));
}

}  // namespace

std::uint64_t ImportReport::disk_bytes() const {
  std::uint64_t sum = 0;
  for (const Taken& one : taken) sum += one.backup.size;
  return sum;
}

std::uint64_t ImportReport::raw_bytes() const {
  std::uint64_t sum = 0;
  for (const Taken& one : taken) sum += one.snapshot.raw_bytes();
  return sum;
}

std::uint64_t ImportReport::added_bytes() const {
  std::uint64_t sum = 0;
  for (const Taken& one : taken) sum += one.snapshot.added_bytes;
  return sum;
}

std::uint64_t ImportReport::folder_disk_bytes() const {
  std::uint64_t sum = disk_bytes();
  for (const Present& one : present) sum += one.backup.size;
  return sum;
}

std::uint64_t ImportReport::folder_added_bytes() const {
  std::map<SnapshotId, std::uint64_t> added;  // two backups may be one snapshot
  for (const Taken& one : taken) added[one.snapshot.id] = one.snapshot.added_bytes;
  for (const Present& one : present) added[one.known.id] = one.known.added_bytes;
  std::uint64_t sum = 0;
  for (const auto& [id, bytes] : added) sum += bytes;
  return sum;
}

std::string import_text(const ImportReport& report) {
  return table_of(report) + remarks_of(report) + sums_of(report);
}

}  // namespace varve::cli
