// Rows of a stored database that a live one no longer has, or has otherwise: what was found, what
// stands against bringing them back, and what was done. The same for all engines.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve {

struct RecoveryRequest {
  std::vector<std::string> tables;  // empty: all (SQLite)
  std::string where;                // an SQL condition on stored rows; empty: all
  bool missing = true;              // rows that are gone are to come back
  bool changed = false;             // rows that differ are to be as they were
};

// Rows that would refer to nothing.
struct OrphanRows {
  std::string parent;   // table
  std::string columns;  // "user_id"
  std::uint64_t rows = 0;
  std::string example;     // "user_id=5"
  bool is_stored = false;  // the stored database has the parent's rows
};

struct TableRecovery {
  std::string table;
  std::uint64_t missing = 0;
  std::uint64_t changed = 0;
  std::vector<std::string> key;  // empty: whole rows were compared
  bool is_new = false;           // the live database had no such table; it is (to be) made
  // What a person should know: columns that only one of both has, triggers that will run.
  std::vector<std::string> notes;
  std::string refusal;  // why it cannot be recovered; empty: it can
  std::vector<OrphanRows> orphans;
  // After apply().
  std::uint64_t inserted = 0;
  std::uint64_t updated = 0;
  // Rows that were written without an error and without an effect: a trigger said so, or IGNORE in
  // the table's own words.
  std::uint64_t passed_over = 0;

  bool stands_still() const { return missing == 0 && changed == 0 && !is_new; }
};

// A row that was found: values as text for people and scripts, nothing for NULL.
struct RecoveredRow {
  bool is_missing = true;  // else it is there with other values
  std::vector<std::string> columns;
  std::vector<std::optional<std::string>> stored;
  std::vector<std::optional<std::string>> live;  // empty where it is missing
};

// What a survey tells while it goes through the rows, table by table.
struct RecoveryListener {
  // The next statement, without the semicolon, of a script that brings the rows back as a whole or
  // not at all; none where nothing is to be done. `is_wanted`: false for a row of the kind that the
  // request does not ask for, which is no part of the script.
  std::function<void(const std::string& sql, bool is_wanted)> statement;
  std::function<void(const std::string& table, const RecoveredRow& row)> row;
};

}  // namespace varve
