// An SQL script that turns one state of a SQLite database into another.
//
// It is for a database with the content of `before`. Run on a live one that changed since, it fails
// where a row that it changes is gone or in the way, and then nothing is changed, whatever runs it
// (script_transaction.h). Triggers are taken off first and come back last, and neither foreign keys
// nor CHECKs are enforced meanwhile: what they would do is in the rows already. A table whose
// CREATE TABLE changed is made anew.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "tools/compare/sqlite_diff.h"

namespace varve {

// Statements with ";\n" behind each; nothing where nothing differs.
using WriteSql = std::function<void(std::string_view)>;
void write_diff_script(const SqliteDiff& diff, const ComparedDatabase& before,
                       const ComparedDatabase& after, const WriteSql& write);

// Statements for one row, without the semicolon.
std::string insert_statement(const std::string& table, const std::vector<std::string>& columns,
                             const Row& row);
// SET of the columns whose values differ.
std::string update_statement(const std::string& table, const std::vector<std::string>& columns,
                             const Row& before, const Row& after, const std::string& condition);
// "id" = 5 AND "name" = 'x', of a row's primary key.
std::string key_condition(const std::vector<std::string>& columns,
                          const std::vector<std::size_t>& key_at, const Row& row);

}  // namespace varve
