#include "tools/restore/database_attendant.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <chrono>
#include <utility>

#include "tools/restore/database_proof.h"
#include "tools/sources/sqlite_header.h"

namespace varve {
namespace {

// What leave_wal_mode() took away, and nothing else: the database was in WAL mode, and its log is
// laid in.
void enter_wal_mode(File& database) {
  constexpr std::array<std::byte, 2> kBoth = {SqliteHeader::kWal, SqliteHeader::kWal};
  static_assert(SqliteHeader::kReadVersion == SqliteHeader::kWriteVersion + 1);
  if (database.size() < SqliteHeader::kSize) return;
  database.write_all_at(SqliteHeader::kWriteVersion, kBoth);
}

}  // namespace

DatabaseAttendant::DatabaseAttendant(std::map<std::string, DatabaseCase> cases, Questions questions,
                                     std::stop_token stop)
    : cases_(std::move(cases)), questions_(std::move(questions)), stop_(std::move(stop)) {}

const DatabaseCase* DatabaseAttendant::find(const FileEntry& file) const {
  const auto found = cases_.find(file.path);
  return found == cases_.end() ? nullptr : &found->second;
}

void DatabaseAttendant::complete(const FileEntry& file, const Path&, File& staged) {
  const DatabaseCase* const one = find(file);
  if (one != nullptr && one->wal_mode) enter_wal_mode(staged);
}

void DatabaseAttendant::prove(const FileEntry& file, const Path& target, const Path& staged) {
  using Clock = std::chrono::steady_clock;
  const DatabaseCase* const one = find(file);
  if (one == nullptr || !one->check || file.size == 0) return;
  const Clock::time_point begin = Clock::now();
  SqliteFindings findings = check_database_file(staged, *one->check, stop_);
  DatabaseResult result{.target = target,
                        .check = one->check,
                        .tables = findings.row_counts.size(),
                        .faults = std::move(findings.faults),
                        .notes = std::move(findings.notes)};
  for (const auto& [table, rows] : findings.row_counts) result.rows += rows;
  if (result.faults.empty() && *one->check == VerifyLevel::full && !one->recorded_rows.empty()) {
    RowCounts recorded = one->recorded_rows;
    for (const std::string& table : findings.uncounted) recorded.erase(table);  // a note says why
    result.faults = compare_rows(recorded, findings.row_counts);
    result.rows_compared = true;
  }
  result.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  if (!result.faults.empty())
    questions_.refuse(*one, fmt::format("{}", fmt::join(result.faults, "; ")));
  results_.push_back(std::move(result));
}

void DatabaseAttendant::ready() {
  if (questions_.save) saved_ = questions_.save();
}

std::shared_ptr<void> DatabaseAttendant::make_way(const FileEntry& file, const Path& target) {
  if (find(file) == nullptr) return nullptr;
  const auto saved = saved_.find(file.path);
  return std::make_shared<ReplacedDatabase>(
      target, saved == saved_.end() ? std::nullopt : std::optional(saved->second));
}

}  // namespace varve
