#include <gtest/gtest.h>

#include <limits>

#include "tools/cli/format.h"
#include "tools/cli/progress.h"

namespace varve::cli {
namespace {

TEST(TextFormat, Bytes) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(1023), "1023 B");
  EXPECT_EQ(format_bytes(1024), "1.0 KiB");
  EXPECT_EQ(format_bytes(1536), "1.5 KiB");
  EXPECT_EQ(format_bytes(102348), "99.9 KiB");
  EXPECT_EQ(format_bytes(102400), "100 KiB");
  EXPECT_EQ(format_bytes((1u << 20) - 1), "1.0 MiB") << "never 1024 KiB";
  EXPECT_EQ(format_bytes(5ull << 30), "5.0 GiB");
  EXPECT_EQ(format_bytes(std::numeric_limits<std::uint64_t>::max()), "16.0 EiB");
}

TEST(TextFormat, Rates) {
  EXPECT_EQ(format_rate(10 << 20, 2), "5.0 MiB/s");
  EXPECT_EQ(format_rate(10 << 20, 0), "");
}

TEST(TextFormat, Seconds) {
  EXPECT_EQ(format_seconds(-1), "0.00 s");
  EXPECT_EQ(format_seconds(0.034), "0.03 s");
  EXPECT_EQ(format_seconds(0.996), "1.0 s");
  EXPECT_EQ(format_seconds(12.44), "12.4 s");
  EXPECT_EQ(format_seconds(59.96), "1 min 0 s");
  EXPECT_EQ(format_seconds(200), "3 min 20 s");
  EXPECT_EQ(format_seconds(3599.7), "1 h 0 min");
  EXPECT_EQ(format_seconds(7500), "2 h 5 min");
}

TEST(TextFormat, Counts) {
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(1000), "1,000");
  EXPECT_EQ(format_count(3120441), "3,120,441");
  EXPECT_EQ(format_count(1, "file"), "1 file");
  EXPECT_EQ(format_count(0, "file"), "0 files");
  EXPECT_EQ(format_count(1200, "file"), "1,200 files");
}

TEST(TextFormat, NamesDoNotMoveTheCursor) {
  EXPECT_EQ(printable("a\nb\x1b[2J\x7f"), "a\\x0ab\\x1b[2J\\x7f");
  EXPECT_EQ(printable("Größe.db"), "Größe.db");
}

TEST(TextFormat, TablesAreAligned) {
  Table table({{"NAME", Table::Align::left}, {"SIZE", Table::Align::right}, {"TAGS"}});
  table.add({"Größe.db", "1", "x"});
  table.add({"b", "1,234", ""});
  EXPECT_EQ(table.text(),
            "NAME       SIZE  TAGS\n"
            "Größe.db      1  x\n"
            "b         1,234\n");
}

TEST(TextFormat, ATableOfNoRowsHasItsTitles) {
  EXPECT_EQ(Table({{"NAME"}, {"SIZE"}}).text(), "NAME  SIZE\n");
}

TEST(Progress, SaysWhatIsDoneHowFastAndHowLongYet) {
  const auto line = [](Progress::Unit unit, std::uint64_t done, std::uint64_t all, double seconds) {
    return progress_line("reading", unit, done, all, seconds);
  };
  using enum Progress::Unit;
  EXPECT_EQ(line(bytes, 256 << 20, 1 << 30, 1),
            "reading  256 MiB of 1.0 GiB (25 %)  256 MiB/s  3.0 s left");
  EXPECT_EQ(line(bytes, 256 << 20, 0, 1), "reading  256 MiB  256 MiB/s") << "size unknown";
  EXPECT_EQ(line(bytes, 0, 1 << 30, 1), "reading  0 B of 1.0 GiB (0 %)") << "nothing to go by";
  EXPECT_EQ(line(bytes, 3 << 20, 2 << 20, 1), "reading  3.0 MiB of 2.0 MiB (100 %)  3.0 MiB/s")
      << "the file grew";
  EXPECT_EQ(line(objects, 500, 2000, 20), "reading  500 of 2,000 (25 %)  1 min 0 s left");
}

}  // namespace
}  // namespace varve::cli
