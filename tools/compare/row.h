// Rows of SQLite tables as values, and as SQL.
#pragma once

#include <sqlite3.h>

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "store/core/bytes.h"
#include "store/transform/digest.h"

namespace varve {

struct SqlNull {
  friend bool operator==(const SqlNull&, const SqlNull&) = default;
};
struct SqlBlob {
  Bytes bytes;
  friend bool operator==(const SqlBlob&, const SqlBlob&) = default;
};
// Text is UTF-8, whatever the database's encoding. Equal means the same type and the same bytes:
// 1, 1.0 and '1' are three values.
using SqlValue = std::variant<SqlNull, std::int64_t, double, std::string, SqlBlob>;
using Row = std::vector<SqlValue>;

SqlValue value_at(sqlite3_stmt* row, int column);
// Columns `first` to the last.
Row row_at(sqlite3_stmt* row, int first);
// Whether the columns from `first` on are equal in both, without a copy of them.
bool equal_columns(sqlite3_stmt* one, sqlite3_stmt* other, int first);
// Throws a failed Error where SQLite has no memory for it.
void bind(sqlite3_stmt* statement, int parameter, const SqlValue& value);

// A name of its own for what is in the row.
Fingerprint fingerprint_of(sqlite3_stmt* row, int first);

bool is_null(const SqlValue& value);
std::string literal(const SqlValue& value);      // as SQL has it: 'it''s', X'00ff', 1.5, NULL
std::string quoted_name(std::string_view name);  // "name"
// At most about `longest` characters, for people: long text and blobs are cut with an ellipsis.
std::string shortened(const SqlValue& value, std::size_t longest = 60);

std::string literals(const Row& row);  // with commas
std::string quoted_names(const std::vector<std::string>& names);
// "id" = ? AND "name" = ?
std::string equals_parameters(const std::vector<std::string>& columns);
// For people: id=5, name='x'.
std::string assignments(const std::vector<std::string>& columns, const Row& values);

}  // namespace varve
