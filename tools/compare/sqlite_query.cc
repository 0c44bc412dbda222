#include "tools/compare/sqlite_query.h"

#include <fmt/format.h>

#include <string_view>

#include "store/core/error.h"

namespace varve {

SqliteQuery::SqliteQuery(const ComparedDatabase& database, const std::string& sql)
    : database_(database) {
  sqlite3_stmt* prepared = nullptr;
  const char* rest = nullptr;
  const int code = sqlite3_prepare_v2(database.handle(), sql.c_str(),
                                      static_cast<int>(sql.size()) + 1, &prepared, &rest);
  statement_.reset(prepared);
  if (code != SQLITE_OK) throw database.failure(code);
  if (std::string_view(rest).find_first_not_of(" \n\t;") != std::string_view::npos) {
    throw Error(ErrorCode::usage, fmt::format("'{}' is more than one statement", sql));
  }
}

bool SqliteQuery::step() {
  const int code = sqlite3_step(row());
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) {
    const Error why = database_.failure(code);
    sqlite3_reset(row());
    throw why;
  }
  sqlite3_reset(row());
  return false;
}

std::string SqliteQuery::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(row(), column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(row(), column));
  return text == nullptr ? std::string() : std::string(text, size);
}

}  // namespace varve
