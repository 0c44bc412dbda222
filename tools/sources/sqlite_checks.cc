#include "tools/sources/sqlite_checks.h"

#include <fmt/format.h>

#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "store/core/one_line.h"

namespace varve {
namespace {

constexpr std::size_t kFaultsShown = 3;
constexpr std::string_view kSettings = "PRAGMA cell_size_check=ON; PRAGMA temp_store=MEMORY;";
constexpr int kPrimaryCode = 0xff;

std::string text_of(sqlite3_stmt* row, int column) {
  const auto* text = sqlite3_column_text(row, column);
  const int size = sqlite3_column_bytes(row, column);
  if (text == nullptr) return {};
  return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)};
}

std::string quoted(std::string_view name) {
  std::string text = "\"";
  for (const char letter : name) text.append(letter == '"' ? 2 : 1, letter);
  return text + '"';
}

// A statement that could not run to its end, in the store's words if the store is why.
struct Failure {
  int code = 0;
  std::string words;
};

// `take` sees each row, and returns false when it wants no more.
std::optional<Failure> query(const CheckedDatabase& database, const std::string& sql,
                             const std::function<bool(sqlite3_stmt*)>& take) {
  sqlite3_stmt* prepared = nullptr;
  int code = sqlite3_prepare_v2(database.handle, sql.c_str(), -1, &prepared, nullptr);
  const OwnedSqliteStatement statement(prepared);
  if (code == SQLITE_OK) {
    while ((code = sqlite3_step(prepared)) == SQLITE_ROW && take(prepared)) continue;
  }
  if (database.store_error != nullptr && !database.store_error->empty())
    return Failure{code, *database.store_error};
  if (code == SQLITE_ROW || code == SQLITE_DONE) return std::nullopt;
  return Failure{code, sqlite3_errmsg(database.handle)};
}

void add_fault(SqliteFindings& findings, std::string_view words) {
  if (findings.faults.size() < kFaultsShown) findings.faults.push_back(one_line(words));
}

void add_note(SqliteFindings& findings, std::string_view words) {
  if (findings.notes.size() < kFaultsShown) findings.notes.push_back(one_line(words));
}

// Damage to the trees comes first, all of it in one row that begins with stars. Then there is
// nothing more to ask for: SQLite would go on to walk through these trees.
std::optional<Failure> ask_for_faults(const CheckedDatabase& database, std::string_view pragma,
                                      SqliteFindings& findings) {
  bool answered = false;
  auto failure =
      query(database, fmt::format("PRAGMA {}({})", pragma, kFaultsShown), [&](sqlite3_stmt* row) {
        const std::string words = text_of(row, 0);
        answered = true;
        if (words == "ok") return true;
        add_fault(findings, words);
        return findings.faults.size() < kFaultsShown && !words.starts_with("***");
      });
  if (failure) {
    findings.faults.clear();
  } else if (!answered) {
    add_fault(findings, fmt::format("{} gave no answer", pragma));
  }
  return failure;
}

// A CHECK constraint may call a function that only the application has. SQLite refuses the whole
// check then; without these constraints it does the rest.
void check_integrity(const CheckedDatabase& database, std::string_view pragma,
                     SqliteFindings& findings) {
  auto failure = ask_for_faults(database, pragma, findings);
  if (failure && failure->code == SQLITE_ERROR && failure->words.starts_with("unknown function")) {
    findings.notes.push_back(
        one_line(fmt::format("CHECK constraints were not tested ({})", failure->words)));
    sqlite3_exec(database.handle, "PRAGMA ignore_check_constraints=ON", nullptr, nullptr, nullptr);
    failure = ask_for_faults(database, pragma, findings);
  }
  if (failure) add_fault(findings, failure->words);
}

bool is_damage(int code) {
  switch (code & kPrimaryCode) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_IOERR:
      return true;
    default:
      return false;
  }
}

using Orphans = std::map<std::pair<std::string, std::string>, std::uint64_t>;  // child, parent

// A foreign key whose parent has no such key is an error of the schema, which says nothing about
// rows: SQLite cannot ask then.
void find_orphans(const CheckedDatabase& database, const std::string& table, Orphans& orphans,
                  SqliteFindings& findings) {
  const auto failure =
      query(database, "PRAGMA foreign_key_check(" + quoted(table) + ")", [&](sqlite3_stmt* row) {
        ++orphans[{text_of(row, 0), text_of(row, 2)}];
        return true;
      });
  if (!failure) return;
  if (is_damage(failure->code)) {
    add_fault(findings, "foreign_key_check: " + failure->words);
  } else {
    add_note(findings,
             fmt::format("the foreign keys of {} were not tested ({})", table, failure->words));
  }
}

void check_foreign_keys(const CheckedDatabase& database, const std::vector<std::string>& tables,
                        SqliteFindings& findings) {
  Orphans orphans;
  for (const std::string& table : tables) find_orphans(database, table, orphans, findings);
  for (const auto& [pair, count] : orphans) {
    add_fault(findings,
              fmt::format("foreign_key_check: {} row{} of {} refer{} to no row of {}", count,
                          count == 1 ? "" : "s", pair.first, count == 1 ? "s" : "", pair.second));
  }
}

void count_table(const CheckedDatabase& database, const std::string& table,
                 SqliteFindings& findings) {
  std::uint64_t count = 0;
  const auto failure =
      query(database, "SELECT count(*) FROM " + quoted(table), [&](sqlite3_stmt* row) {
        count = static_cast<std::uint64_t>(sqlite3_column_int64(row, 0));
        return true;
      });
  if (!failure) {
    findings.row_counts[one_line(table)] = count;
  } else if (is_damage(failure->code)) {
    add_fault(findings, fmt::format("{}: {}", table, failure->words));
  } else {
    findings.uncounted.push_back(one_line(table));
    add_note(findings, fmt::format("{} was not counted ({})", table, failure->words));
  }
}

std::vector<std::string> tables_of(const CheckedDatabase& database, SqliteFindings& findings) {
  std::vector<std::string> tables;
  const auto failure =
      query(database, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name",
            [&](sqlite3_stmt* row) {
              tables.push_back(text_of(row, 0));
              return true;
            });
  if (failure) add_fault(findings, failure->words);
  return tables;
}

SqliteFindings begin(const CheckedDatabase& database) {
  const std::string settings =
      fmt::format("{} PRAGMA cache_size=-{};", kSettings, database.cache >> 10);
  sqlite3_exec(database.handle, settings.c_str(), nullptr, nullptr, nullptr);
  return {};
}

}  // namespace

SqliteFindings check_quickly(const CheckedDatabase& database) {
  SqliteFindings findings = begin(database);
  check_integrity(database, "quick_check", findings);
  if (findings.faults.empty()) return findings;
  SqliteFindings decided;
  check_integrity(database, "integrity_check", decided);
  return decided;
}

SqliteFindings check_fully(const CheckedDatabase& database) {
  SqliteFindings findings = begin(database);
  check_integrity(database, "integrity_check", findings);
  if (!findings.faults.empty()) return findings;
  const std::vector<std::string> tables = tables_of(database, findings);
  check_foreign_keys(database, tables, findings);
  for (const std::string& table : tables) count_table(database, table, findings);
  return findings;
}

}  // namespace varve
