// Numbers and tables as people read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace varve::cli {

std::string format_bytes(std::uint64_t bytes);                 // 917 B, 1.5 KiB, 12.4 MiB, 318 GiB
std::string format_rate(std::uint64_t bytes, double seconds);  // 412 MiB/s; "" where unknown
std::string format_seconds(double seconds);     // 0.03 s, 12.4 s, 3 min 20 s, 2 h 5 min
std::string format_count(std::uint64_t count);  // 3,120,441
// "1 file", "3 files": English plurals in -s.
std::string format_count(std::uint64_t count, std::string_view noun);

// Control characters as \x0a: a file's name does not move the cursor.
std::string printable(std::string_view text);

std::string join(const std::vector<std::string>& parts, std::string_view between = ", ");

// Rows of equally many cells in aligned columns, two spaces apart.
class Table {
 public:
  enum class Align { left, right };
  struct Column {
    std::string title;
    Align align = Align::left;
  };
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  void add(std::vector<std::string> cells);  // control characters are made printable
  std::string text() const;                  // a line for the titles, one for each row

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace varve::cli
