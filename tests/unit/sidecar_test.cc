// A blob and its sidecar, damaged in every way that is promised to do no harm, and in worse ones.
#include "store/blob/sidecar.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "store/blob/protected_blob.h"
#include "tests/support/bytes_blob.h"

namespace varve {
namespace {

constexpr const char* kName = "packs/3f/3f09aa5c12e88b01";

Bytes random_bytes_of(std::size_t size, std::mt19937_64& random) {
  Bytes bytes(size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  return bytes;
}

class Protected {
 public:
  Protected(std::size_t size, std::uint32_t percent, std::mt19937_64& random)
      : blob(random_bytes_of(size, random)),
        sidecar(make_sidecar(kName, size, percent,
                             [&](std::uint64_t offset, MutableBytes out) {
                               BytesBlob(blob).read_exact_at(offset, out);
                             })),
        shape(parity_shape(size, percent)),
        layout(shape) {}

  // Every block is right, or said to be lost; how many are.
  static std::uint64_t expect_right_or_lost(const Bytes& right, const Bytes& damaged,
                                            const Bytes& sidecar) {
    const auto read = ProtectedBlob::open(kName, std::make_unique<BytesBlob>(damaged),
                                          std::make_unique<BytesBlob>(sidecar));
    if (!read) return right.size();
    std::uint64_t lost = 0;
    for (std::uint64_t block = 0; block < read->shape().data_blocks(); ++block) {
      Bytes out(read->block_length(block));
      const auto at = static_cast<std::ptrdiff_t>(block * read->shape().block_size);
      if (read->read_block(block, out) == ProtectedBlob::Found::lost) {
        ++lost;
      } else {
        EXPECT_TRUE(std::equal(out.begin(), out.end(), right.begin() + at)) << "block " << block;
      }
    }
    return lost;
  }

  void expect_heals(const Bytes& damaged, const Bytes& damaged_sidecar) const {
    EXPECT_EQ(expect_right_or_lost(blob, damaged, damaged_sidecar), 0u);
    const auto read = ProtectedBlob::open(kName, std::make_unique<BytesBlob>(damaged),
                                          std::make_unique<BytesBlob>(damaged_sidecar));
    ASSERT_TRUE(read);
    Bytes out(blob.size());
    read->read_exact_at(0, out);
    EXPECT_TRUE(out == blob);
  }

  // Flips bits of every byte in the range.
  static Bytes with_burst(Bytes bytes, std::uint64_t at, std::uint64_t length) {
    for (std::uint64_t i = at; i < std::min<std::uint64_t>(at + length, bytes.size()); ++i) {
      bytes[i] ^= std::byte{0x5a};
    }
    return bytes;
  }

  const Bytes blob;
  const Bytes sidecar;
  const ParityShape shape;
  const SidecarLayout layout;
};

const std::vector<std::size_t> kSizes = {1,      2,       100,     511,    512,    513,
                                         1000,   4096,    4608,    4609,   20'000, 51'200,
                                         51'201, 262'144, 262'145, 500'000};

TEST(Sidecar, IsAsLongAsItsLayoutSays) {
  std::mt19937_64 random(1);
  for (const std::size_t size : kSizes) {
    const Protected one(size, 5, random);
    EXPECT_EQ(one.sidecar.size(), one.layout.size) << size;
    one.expect_heals(one.blob, one.sidecar);
  }
}

TEST(Sidecar, AnEmptyBlobHasOneToo) {
  std::mt19937_64 random(1);
  const Protected one(0, 5, random);
  EXPECT_EQ(one.sidecar.size(), 2 * kSidecarHeadSize);
  one.expect_heals({}, one.sidecar);
}

TEST(Sidecar, ABurstAnywhereInTheBlob) {
  std::mt19937_64 random(2);
  for (const std::uint32_t percent : {1u, 5u, 50u, 100u}) {
    for (const std::size_t size : kSizes) {
      const Protected one(size, percent, random);
      const std::uint64_t burst = one.shape.burst();
      std::vector<std::uint64_t> places = {0, 1, size - 1, size - burst};
      for (int i = 0; i < 6; ++i) places.push_back(random() % size);
      for (const std::uint64_t at : places) {
        SCOPED_TRACE(testing::Message() << size << " bytes, burst at " << at);
        one.expect_heals(Protected::with_burst(one.blob, at, burst), one.sidecar);
      }
    }
  }
}

TEST(Sidecar, TheEndOfTheBlobIsCutOff) {
  std::mt19937_64 random(3);
  for (const std::size_t size : kSizes) {
    const Protected one(size, 5, random);
    for (int i = 0; i < 4; ++i) {
      const std::uint64_t cut = i == 0 ? one.shape.burst() : random() % one.shape.burst();
      const Bytes rest(one.blob.begin(), one.blob.end() - static_cast<std::ptrdiff_t>(cut));
      SCOPED_TRACE(testing::Message() << size << " bytes, " << cut << " cut off");
      one.expect_heals(rest, one.sidecar);
    }
  }
}

// The sidecar's own bytes: whatever one place of it has lost, the rest still serves.
TEST(Sidecar, ABurstAnywhereInTheSidecarAndAByteOfTheBlob) {
  std::mt19937_64 random(4);
  for (const std::size_t size : {700u, 30'000u, 700'000u}) {
    const Protected one(size, 5, random);
    for (int i = 0; i < 60; ++i) {
      const std::uint64_t at = random() % one.sidecar.size();
      // Not longer than parity needs to spare one block of the blob.
      const std::uint64_t length =
          1 +
          random() % std::max<std::uint64_t>(1, (one.shape.parity_blocks() - one.shape.stripes) *
                                                    one.shape.block_size / 2);
      const std::uint64_t lost_parity_rows =
          (length + 2 * one.shape.block_size) / one.shape.row_size() + 1;
      if (lost_parity_rows >= one.shape.parity_rows) continue;
      SCOPED_TRACE(testing::Message() << size << " bytes, " << length << " at " << at);
      one.expect_heals(Protected::with_burst(one.blob, random() % size, 1),
                       Protected::with_burst(one.sidecar, at, length));
    }
  }
}

TEST(Sidecar, EveryByteOfASmallOneFlippedAlone) {
  std::mt19937_64 random(5);
  const Protected one(1000, 5, random);
  for (std::uint64_t at = 0; at < one.sidecar.size(); ++at) {
    one.expect_heals(Protected::with_burst(one.blob, random() % 1000, 1),
                     Protected::with_burst(one.sidecar, at, 1));
  }
}

// Any blocks of each stripe, its parity among them, up to as many as it has parity blocks.
TEST(Sidecar, RandomBlocksOfEveryStripe) {
  std::mt19937_64 random(6);
  for (const std::size_t size : kSizes) {
    const Protected one(size, 7, random);
    const ParityShape& shape = one.shape;
    Bytes blob = one.blob;
    Bytes sidecar = one.sidecar;
    for (std::uint64_t stripe = 0; stripe < shape.stripes; ++stripe) {
      std::set<std::uint64_t> rows;
      while (rows.size() < shape.parity_rows) {
        rows.insert(random() % (shape.data_rows + shape.parity_rows));
      }
      for (const std::uint64_t row : rows) {
        const bool is_data = row < shape.data_rows;
        const std::uint64_t block =
            (is_data ? row : row - shape.data_rows) * shape.stripes + stripe;
        if (is_data && block >= shape.data_blocks()) continue;
        const std::uint64_t begin = block * shape.block_size + (is_data ? 0 : one.layout.parity);
        const std::uint64_t length = std::min<std::uint64_t>(
            shape.block_size, (is_data ? size : one.layout.second_table) - begin);
        Bytes& bytes = is_data ? blob : sidecar;
        bytes = Protected::with_burst(std::move(bytes), begin + random() % length, 1);
      }
    }
    SCOPED_TRACE(size);
    one.expect_heals(blob, sidecar);
  }
}

TEST(Sidecar, BeyondWhatIsPromisedNothingIsWrong) {
  std::mt19937_64 random(7);
  std::uint64_t lost = 0;
  for (int round = 0; round < 300; ++round) {
    const Protected one(kSizes[random() % (kSizes.size() - 2)], 5, random);
    Bytes blob = one.blob;
    Bytes sidecar = one.sidecar;
    for (std::uint64_t bursts = random() % 8; bursts > 0; --bursts) {
      blob = Protected::with_burst(std::move(blob), random() % one.blob.size(), random() % 3000);
      sidecar =
          Protected::with_burst(std::move(sidecar), random() % one.sidecar.size(), random() % 600);
    }
    if (random() % 4 == 0) sidecar.resize(random() % sidecar.size());
    if (random() % 4 == 0) blob.resize(random() % blob.size());
    lost += Protected::expect_right_or_lost(one.blob, blob, sidecar);
  }
  EXPECT_GT(lost, 0u);  // else it was no test
}

TEST(Sidecar, OfAnotherBlobIsNoUse) {
  std::mt19937_64 random(8);
  const Protected one(1000, 5, random);
  EXPECT_EQ(ProtectedBlob::open("packs/00/0000000000000000", std::make_unique<BytesBlob>(one.blob),
                                std::make_unique<BytesBlob>(one.sidecar)),
            nullptr);
}

TEST(Sidecar, ASmallBlobThatIsGoneComesBack) {
  std::mt19937_64 random(9);
  const Protected one(1000, 5, random);
  const auto read = ProtectedBlob::open(kName, nullptr, std::make_unique<BytesBlob>(one.sidecar));
  ASSERT_TRUE(read);
  Bytes out(1000);
  read->read_exact_at(0, out);
  EXPECT_TRUE(out == one.blob);
}

}  // namespace
}  // namespace varve
