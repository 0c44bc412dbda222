// Rows of databases as people and scripts read them.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "tools/compare/sqlite_diff.h"

namespace varve::cli {

// {"id": 5, "name": "x"}; a blob is {"hex": "00ff"}.
nlohmann::ordered_json row_json(const std::vector<std::string>& columns, const Row& row);

// "added", "removed", "changed"
const char* word_of(ChangeKind kind);
// "primary key", "rowid", "whole row"
const char* word_of(RowIdentity identity);

// "id=5, name='x'"; of a changed row its key, and what was and is: "id=5: name 'x' -> 'y'".
std::string row_text(const TableChange& table, const RowChange& row);
// "2 added, 1 changed"; empty where nothing is.
std::string counts_text(const TableChange& table);

// "+ ", "- ", "~ "
const char* mark_of(ChangeKind kind);

}  // namespace varve::cli
