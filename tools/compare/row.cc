#include "tools/compare/row.h"

#include <fmt/format.h>

#include <cstring>

#include "store/core/encoding.h"
#include "store/core/error.h"
#include "tools/compare/real_literal.h"

namespace varve {
namespace {

ByteView bytes_at(sqlite3_stmt* row, int column) {
  const bool is_text = sqlite3_column_type(row, column) == SQLITE_TEXT;
  const void* data = is_text ? static_cast<const void*>(sqlite3_column_text(row, column))
                             : sqlite3_column_blob(row, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(row, column));
  return {static_cast<const std::byte*>(data), data == nullptr ? 0 : size};
}

bool equal_column(sqlite3_stmt* one, sqlite3_stmt* other, int column) {
  const int type = sqlite3_column_type(one, column);
  if (type != sqlite3_column_type(other, column)) return false;
  switch (type) {
    case SQLITE_NULL:
      return true;
    case SQLITE_INTEGER:
      return sqlite3_column_int64(one, column) == sqlite3_column_int64(other, column);
    case SQLITE_FLOAT:
      return sqlite3_column_double(one, column) == sqlite3_column_double(other, column);
    default: {
      const ByteView a = bytes_at(one, column);
      const ByteView b = bytes_at(other, column);
      return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
    }
  }
}

std::string hex_literal(ByteView bytes) { return "X'" + to_hex(bytes) + "'"; }

std::string quoted_text(std::string_view text) {
  std::string out = "'";
  for (const char letter : text) out.append(letter == '\'' ? 2 : 1, letter);
  return out + "'";
}

// A literal ends at its first NUL, and the sqlite3 shell takes a carriage return from the end of a
// line, also inside of a literal: so that something else stands for them. (A cast of the bytes
// would depend on the database's encoding, and an expression has a greatest depth.)
struct Unquotable {
  char letter;
  const char* mark;  // made longer where the text has it
};
constexpr Unquotable kUnquotable[] = {{'\0', "\\0"}, {'\r', "\\r"}};

std::string with_mark(std::string_view text, char letter, std::string_view mark) {
  std::string out;
  for (const char one : text) one == letter ? out += mark : out += one;
  return out;
}

std::string text_literal(std::string_view text) {
  std::string quotable(text);
  std::string back;
  std::string out;
  for (const Unquotable& one : kUnquotable) {
    if (text.find(one.letter) == std::string_view::npos) continue;
    std::string mark = one.mark;
    while (quotable.find(mark) != std::string::npos) mark += mark.back();
    quotable = with_mark(quotable, one.letter, mark);
    out += "replace(";
    back += fmt::format(", {}, char({}))", quoted_text(mark), static_cast<int>(one.letter));
  }
  return out + quoted_text(quotable) + back;
}

struct Literal {
  std::string operator()(const SqlNull&) const { return "NULL"; }
  std::string operator()(std::int64_t value) const {
    // The least number cannot be written as one: its digits alone are too large.
    if (value == INT64_MIN) return "(-9223372036854775807-1)";
    return std::to_string(value);
  }
  std::string operator()(double value) const { return real_literal(value); }
  std::string operator()(const std::string& text) const { return text_literal(text); }
  std::string operator()(const SqlBlob& blob) const { return hex_literal(blob.bytes); }
};

// UTF-8 cut between two characters.
std::string_view front_of(std::string_view text, std::size_t count) {
  while (count > 0 && (static_cast<unsigned char>(text[count]) & 0xC0) == 0x80) --count;
  return text.substr(0, count);
}

}  // namespace

SqlValue value_at(sqlite3_stmt* row, int column) {
  switch (sqlite3_column_type(row, column)) {
    case SQLITE_NULL:
      return SqlNull{};
    case SQLITE_INTEGER:
      return std::int64_t{sqlite3_column_int64(row, column)};
    case SQLITE_FLOAT:
      return sqlite3_column_double(row, column);
    case SQLITE_TEXT:
      return std::string(as_text(bytes_at(row, column)));
    default: {
      const ByteView bytes = bytes_at(row, column);
      return SqlBlob{Bytes(bytes.begin(), bytes.end())};
    }
  }
}

Row row_at(sqlite3_stmt* row, int first) {
  Row values;
  const int count = sqlite3_column_count(row);
  for (int column = first; column < count; ++column) values.push_back(value_at(row, column));
  return values;
}

bool equal_columns(sqlite3_stmt* one, sqlite3_stmt* other, int first) {
  const int count = sqlite3_column_count(one);
  for (int column = first; column < count; ++column) {
    if (!equal_column(one, other, column)) return false;
  }
  return true;
}

void bind(sqlite3_stmt* statement, int parameter, const SqlValue& value) {
  int code = SQLITE_OK;
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    code = sqlite3_bind_int64(statement, parameter, *number);
  } else if (const auto* real = std::get_if<double>(&value)) {
    code = sqlite3_bind_double(statement, parameter, *real);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    code = sqlite3_bind_text64(statement, parameter, text->data(), text->size(), SQLITE_TRANSIENT,
                               SQLITE_UTF8);
  } else if (const auto* blob = std::get_if<SqlBlob>(&value)) {
    code = blob->bytes.empty() ? sqlite3_bind_zeroblob(statement, parameter, 0)
                               : sqlite3_bind_blob64(statement, parameter, blob->bytes.data(),
                                                     blob->bytes.size(), SQLITE_TRANSIENT);
  } else {
    code = sqlite3_bind_null(statement, parameter);
  }
  if (code != SQLITE_OK) {
    throw Error(ErrorCode::failed,
                fmt::format("SQLite cannot take a value: {}", sqlite3_errstr(code)));
  }
}

Fingerprint fingerprint_of(sqlite3_stmt* row, int first) {
  constexpr std::uint64_t kSeed = 0x7661727665;  // any
  Encoder encoded;
  const int count = sqlite3_column_count(row);
  for (int column = first; column < count; ++column) {
    const int type = sqlite3_column_type(row, column);
    encoded.u8(static_cast<std::uint8_t>(type));
    if (type == SQLITE_INTEGER) {
      encoded.u64(static_cast<std::uint64_t>(sqlite3_column_int64(row, column)));
    } else if (type == SQLITE_FLOAT) {
      const double value = sqlite3_column_double(row, column);
      std::uint64_t bits = 0;
      std::memcpy(&bits, &value, sizeof bits);
      encoded.u64(bits);
    } else if (type != SQLITE_NULL) {
      encoded.text(as_text(bytes_at(row, column)));
    }
  }
  return fingerprint(encoded.buffer(), kSeed);
}

bool is_null(const SqlValue& value) { return std::holds_alternative<SqlNull>(value); }

std::string literal(const SqlValue& value) { return std::visit(Literal{}, value); }

std::string quoted_name(std::string_view name) {
  std::string text = "\"";
  for (const char letter : name) text.append(letter == '"' ? 2 : 1, letter);
  return text + '"';
}

std::string shortened(const SqlValue& value, std::size_t longest) {
  if (const auto* blob = std::get_if<SqlBlob>(&value); blob && blob->bytes.size() > longest / 2) {
    return "X'" + to_hex(ByteView(blob->bytes).first(longest / 2)) + "…'";
  }
  if (const auto* text = std::get_if<std::string>(&value); text && text->size() > longest) {
    return literal(std::string(front_of(*text, longest)) + "…");
  }
  if (const auto* real = std::get_if<double>(&value)) return shortest_decimal(*real);
  return literal(value);
}

std::string literals(const Row& row) {
  std::string text;
  for (const SqlValue& value : row) text += (text.empty() ? "" : ", ") + literal(value);
  return text;
}

std::string quoted_names(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + quoted_name(name);
  return text;
}

std::string equals_parameters(const std::vector<std::string>& columns) {
  std::string text;
  for (const std::string& column : columns) {
    text += fmt::format("{}{} = ?", text.empty() ? "" : " AND ", quoted_name(column));
  }
  return text;
}

std::string assignments(const std::vector<std::string>& columns, const Row& values) {
  std::string text;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    text += fmt::format("{}{}={}", i == 0 ? "" : ", ", columns[i], shortened(values[i]));
  }
  return text;
}

}  // namespace varve
