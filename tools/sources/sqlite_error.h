// What SQLite's result codes mean for a backup, in words that a person can act on.
#pragma once

#include <chrono>
#include <string>

#include "store/core/error.h"
#include "store/core/file.h"

namespace varve {

// A result code with the words that came with it.
struct SqliteResult {
  int code = 0;  // extended
  std::string words;
};

// The file itself is wrong: no transaction can begin on it, now or later.
bool means_damage(const SqliteResult& result);

// Why no read transaction could begin on `database`. A busy one becomes a locked Error.
Error read_error(const Path& database, const SqliteResult& result,
                 std::chrono::milliseconds busy_timeout);

// 5 s, 1.5 s
std::string to_text(std::chrono::milliseconds duration);

}  // namespace varve
