// Any lost rows come back, as long as as many are left as there were data rows.
#include "store/transform/erasure_code.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <random>

namespace varve {
namespace {

class Rows {
 public:
  Rows(unsigned data, unsigned parity, std::size_t length, std::mt19937_64& random)
      : code_(data, parity), rows_(data + parity, Bytes(length)) {
    std::vector<ByteView> in;
    std::vector<MutableBytes> out;
    for (unsigned row = 0; row < data + parity; ++row) {
      if (row >= data) {
        out.push_back(rows_[row]);
        continue;
      }
      for (std::byte& byte : rows_[row]) byte = static_cast<std::byte>(random());
      in.push_back(rows_[row]);
    }
    code_.encode(in, out);
  }

  std::size_t count() const { return rows_.size(); }
  const Bytes& parity(unsigned row) const { return rows_[code_.data_rows() + row]; }
  const Bytes& data(unsigned row) const { return rows_[row]; }

  // Takes these away. Nothing where the others are too few, else whether they came back right.
  std::optional<bool> lose(const std::vector<bool>& lost) const {
    std::vector<ByteView> left;
    std::vector<Bytes> back(rows_.size(), Bytes(rows_.front().size()));
    std::vector<ErasureCode::LostRow> wanted;
    for (unsigned row = 0; row < rows_.size(); ++row) {
      left.push_back(lost[row] ? ByteView() : ByteView(rows_[row]));
      if (lost[row] && row < code_.data_rows()) wanted.push_back({row, back[row]});
    }
    if (!code_.recover(left, wanted)) return std::nullopt;
    return std::all_of(wanted.begin(), wanted.end(), [&](const ErasureCode::LostRow& one) {
      return back[one.row] == rows_[one.row];
    });
  }

 private:
  const ErasureCode code_;
  std::vector<Bytes> rows_;
};

TEST(ErasureCode, EveryPatternOfLostRowsOfSmallStripes) {
  std::mt19937_64 random(1);
  for (unsigned data = 1; data <= 5; ++data) {
    for (unsigned parity = 1; parity <= 5; ++parity) {
      const Rows rows(data, parity, 1 + random() % 100, random);
      for (unsigned pattern = 0; pattern < 1u << rows.count(); ++pattern) {
        std::vector<bool> lost(rows.count());
        for (unsigned row = 0; row < rows.count(); ++row) lost[row] = (pattern >> row & 1) != 0;
        const std::optional<bool> found = rows.lose(lost);
        const bool enough = static_cast<unsigned>(std::popcount(pattern)) <= parity;
        EXPECT_EQ(found.has_value(), enough) << data << "+" << parity << ": " << pattern;
        EXPECT_TRUE(found.value_or(true)) << data << "+" << parity << ": " << pattern;
      }
    }
  }
}

TEST(ErasureCode, RandomPatternsOfLargeStripes) {
  std::mt19937_64 random(2);
  const std::pair<unsigned, unsigned> sizes[] = {{100, 5}, {100, 100}, {150, 100}, {254, 1}};
  for (const auto& [data, parity] : sizes) {
    const Rows rows(data, parity, 500, random);
    for (int round = 0; round < 20; ++round) {
      std::vector<bool> lost(rows.count());
      std::fill_n(lost.begin(), round == 0 ? parity : random() % (parity + 2), true);
      std::shuffle(lost.begin(), lost.end(), random);
      const auto count = static_cast<unsigned>(std::count(lost.begin(), lost.end(), true));
      EXPECT_EQ(rows.lose(lost), count <= parity ? std::optional(true) : std::nullopt)
          << data << "+" << parity << ", " << count << " lost";
    }
  }
}

TEST(ErasureCode, OfOneRowTheParityIsACopy) {
  std::mt19937_64 random(3);
  const Rows rows(1, 1, 333, random);
  EXPECT_EQ(rows.parity(0), rows.data(0));
}

}  // namespace
}  // namespace varve
