#include "tools/compare/real_literal.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

namespace varve {
namespace {

class Reader {
 public:
  Reader() { sqlite3_open(":memory:", &database_); }
  ~Reader() { sqlite3_close(database_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  double read(const std::string& literal) {
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(database_, ("SELECT " + literal).c_str(), -1, &statement, nullptr);
    EXPECT_EQ(sqlite3_step(statement), SQLITE_ROW) << literal;
    EXPECT_EQ(sqlite3_column_type(statement, 0), SQLITE_FLOAT) << literal;
    const double value = sqlite3_column_double(statement, 0);
    sqlite3_finalize(statement);
    return value;
  }

 private:
  sqlite3* database_ = nullptr;
};

TEST(RealLiteralTest, OrdinaryNumbersAreDecimals) {
  EXPECT_EQ(real_literal(0), "0.0");
  EXPECT_EQ(real_literal(1.5), "1.5");
  EXPECT_EQ(real_literal(-3), "-3.0");
  EXPECT_EQ(real_literal(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(real_literal(std::numeric_limits<double>::infinity()), "9e999");
}

TEST(RealLiteralTest, OthersAreExactExpressions) {
  EXPECT_EQ(real_literal(std::ldexp(3.0, -100)), "(3.0/(1<<62)/(1<<38))");
  EXPECT_EQ(real_literal(-std::ldexp(5.0, 200)), "(-5.0*(1<<62)*(1<<62)*(1<<62)*(1<<14))");
  EXPECT_EQ(shortest_decimal(7.592857461031487e-298), "7.592857461031487e-298");
}

TEST(RealLiteralTest, SqliteReadsEveryNumberBack) {
  std::mt19937_64 random(20261122);
  std::vector<double> numbers = {59.50967198796641,
                                 63417.91252653427,
                                 128.290883546421,
                                 std::numeric_limits<double>::min(),
                                 std::numeric_limits<double>::max(),
                                 std::numeric_limits<double>::denorm_min(),
                                 std::numeric_limits<double>::lowest(),
                                 7.592857461031487e-298};
  while (numbers.size() < 100'000) {
    const std::uint64_t bits = random();
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    if (std::isfinite(value)) numbers.push_back(value);
    numbers.push_back(
        std::ldexp(static_cast<double>(bits >> 11), static_cast<int>(bits % 160) - 140));
  }
  Reader reader;
  for (const double number : numbers) {
    const std::string literal = real_literal(number);
    ASSERT_EQ(reader.read(literal), number) << literal;
  }
}

}  // namespace
}  // namespace varve
