#include "store/repair/repair_index.h"

#include <gtest/gtest.h>

#include <random>

#include "store/blob/local_backend.h"
#include "store/blob/pack_writer.h"
#include "store/core/error.h"
#include "store/transform/digest.h"
#include "tests/support/expect_error.h"
#include "tests/support/temp_folder.h"

namespace varve {
namespace {

// Packs made by hand, each of the objects that were put since the last one.
class RepairIndexTest : public testing::Test {
 protected:
  Bytes random_bytes(std::size_t count = 600) {
    Bytes bytes(count);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random_());
    return bytes;
  }

  ObjectHeader header_of(ByteView plain) const {
    ObjectHeader header;
    header.id = chunk_id(plain);
    header.plain_length = static_cast<std::uint32_t>(plain.size());
    return header;
  }

  void put_full(ByteView plain) { put_full(plain, header_of(plain)); }
  void put_full(ByteView plain, ObjectHeader header) { writer_.append(header, plain); }
  void put_delta(ByteView plain, ByteView base, std::uint8_t depth) {
    ObjectHeader header = header_of(plain);
    header.codec = Codec::delta;
    header.depth = depth;
    header.base = key_of(chunk_id(base));
    writer_.append(header, compressor_.delta(plain, base).stored);
  }

  // Ends the pack, which has this rank.
  void end_pack(unsigned rank = 0) {
    writer_.finish();
    for (const NewPack& pack : writer_.take_committed()) {
      packs_.push_back({.id = pack.id, .rank = rank});
    }
  }

  ObjectIndex& index(const ObjectIndex::Present& present = {}) {
    survey_ = survey_packs(reader_, packs_, {});
    index_.emplace(survey_, reader_, present, std::stop_token());
    return *index_;
  }

  bool reads_as(const ChunkId& id, const Bytes& plain) {
    const auto number = index_->find(ref_of(id));
    if (!number) return false;
    const RawBytes got = index_->read(*number);
    return std::equal(got.begin(), got.end(), plain.begin(), plain.end());
  }

  std::mt19937_64 random_{9};
  TempFolder folder_;
  LocalBackend blobs_{folder_.path()};
  PackWriter writer_{blobs_};
  PackReader reader_{blobs_};
  Compressor compressor_{3};
  std::vector<SurveyedPack> packs_;
  Survey survey_;
  std::optional<ObjectIndex> index_;
};

TEST_F(RepairIndexTest, ChainsCanBeReadAsFarAsTheyStandOnSomething) {
  const Bytes base = random_bytes();
  Bytes middle = base;
  middle[5] ^= std::byte{1};
  Bytes top = middle;
  top[50] ^= std::byte{1};
  put_delta(top, middle, 2);
  end_pack();
  put_delta(middle, base, 1);
  end_pack();
  index();
  EXPECT_EQ(index_->chosen().size(), 0u);
  EXPECT_EQ(index_->unreadable(), 2u);
  using Missing = ObjectIndex::Missing;
  EXPECT_EQ(index_->missing_bases(Missing::absent), std::vector{key_of(chunk_id(base))});
  EXPECT_EQ(index_->missing_bases(Missing::unreadable), std::vector{key_of(chunk_id(middle))});
  put_full(base);
  end_pack();
  index();
  EXPECT_EQ(index_->chosen().size(), 3u);
  EXPECT_TRUE(index_->missing_bases(Missing::absent).empty());
  EXPECT_TRUE(reads_as(chunk_id(top), top));
}

TEST_F(RepairIndexTest, ABaseHasLessDepthThanWhatStandsOnIt) {
  const Bytes full = random_bytes();
  Bytes base = full;
  base[1] ^= std::byte{1};
  Bytes top = base;
  top[2] ^= std::byte{1};
  put_full(full);
  put_delta(base, full, 3);
  put_delta(top, base, 2);  // made when the base was shallower
  end_pack();
  index();
  EXPECT_FALSE(index_->find(ref_of(chunk_id(top))));
  // A second object of the base: wherever the catalog leads, what stands on it decides.
  put_delta(base, full, 1);
  end_pack();
  const SurveyedPack first = packs_.front();
  index([&](const ChunkRef& ref) -> std::optional<Location> {
    for (const SurveyedObject& object : survey_.objects) {
      if (object.ref == ref && object.pack == 0) return survey_.location(object);
    }
    return std::nullopt;
  });
  EXPECT_TRUE(reads_as(chunk_id(top), top));
  EXPECT_EQ((*index_)[*index_->find(ref_of(chunk_id(base)))].depth, 1);
}

TEST_F(RepairIndexTest, TheCatalogsObjectCountsWhereThereAreSeveral) {
  const Bytes plain = random_bytes();
  put_full(plain);
  end_pack();
  put_full(plain);
  end_pack();
  put_full(plain);
  end_pack(1);
  for (std::uint32_t pack = 0; pack < 3; ++pack) {
    index([&](const ChunkRef&) { return std::optional(survey_.location(survey_.objects[pack])); });
    ASSERT_EQ(index_->chosen().size(), 1u);
    EXPECT_EQ((*index_)[index_->chosen()[0]].pack, pack);
  }
  index();
  EXPECT_EQ((*index_)[index_->chosen()[0]].pack, 0u);
  EXPECT_FALSE(index_->is_crowded(index_->chosen()[0]));
}

TEST_F(RepairIndexTest, ACrowdedChunkIsKeptApartAndNeverABase) {
  const Bytes owner = random_bytes();
  const Bytes other = random_bytes();
  Bytes top = owner;
  top[3] ^= std::byte{1};
  ObjectHeader crowded = header_of(other);
  std::copy_n(chunk_id(owner).bytes.begin(), 8, crowded.id.bytes.begin());  // the same key
  crowded.crowded = true;
  put_full(other, crowded);
  put_full(owner);
  put_delta(top, owner, 1);
  end_pack();
  index();
  EXPECT_EQ(index_->chosen().size(), 3u);
  EXPECT_TRUE(index_->is_crowded(*index_->find(ref_of(crowded.id))));
  EXPECT_FALSE(index_->is_crowded(*index_->find(ref_of(chunk_id(owner)))));
  EXPECT_TRUE(reads_as(chunk_id(top), top));
}

// Two ingests may have stored two chunks of one key at the same time: which one a delta stands on
// its content tells, and nothing that it does not hold is read out of it.
TEST_F(RepairIndexTest, WhatStandsOnAKeyOfTwoChunksProvesItself) {
  const Bytes owner = random_bytes();
  const Bytes other = random_bytes();
  Bytes top = owner;
  top[3] ^= std::byte{1};
  for (const unsigned last : {0u, 255u}) {  // in order before the owner, or behind
    ObjectHeader rival = header_of(other);
    rival.id = chunk_id(owner);
    for (std::size_t i = 8; i < 32; ++i) rival.id.bytes[i] = static_cast<std::byte>(last);
    put_full(other, rival);
  }
  put_full(owner);
  put_delta(top, owner, 1);
  end_pack();
  index();
  const auto number = index_->find(ref_of(chunk_id(top)));
  EXPECT_TRUE(!number || reads_as(chunk_id(top), top));
}

}  // namespace
}  // namespace varve
