#include "store/transform/object.h"

#include <gtest/gtest.h>

#include "store/transform/digest.h"

namespace varve {
namespace {

ObjectHeader some_delta() {
  ObjectHeader header;
  header.kind = ObjectKind::data;
  header.codec = Codec::delta;
  header.depth = 2;
  header.plain_length = 65536;
  header.spent = 300;
  header.id = chunk_id(as_bytes("new"));
  header.base = key_of(chunk_id(as_bytes("old")));
  return header;
}

Bytes encode(const ObjectHeader& header, std::string_view stored) {
  Encoder out;
  encode_object(out, header, as_bytes(stored));
  return out.take();
}

TEST(Object, ComesBackAsItWent) {
  const Bytes object = encode(some_delta(), "changes");
  const std::optional<ParsedObject> parsed = parse_object_header(object);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->header.kind, ObjectKind::data);
  EXPECT_EQ(parsed->header.codec, Codec::delta);
  EXPECT_EQ(parsed->header.depth, 2);
  EXPECT_EQ(parsed->header.plain_length, 65536U);
  EXPECT_EQ(parsed->header.stored_length, 7U);
  EXPECT_EQ(parsed->header.spent, 300U);
  EXPECT_EQ(parsed->header.id, some_delta().id);
  EXPECT_EQ(parsed->header.base, some_delta().base);
  EXPECT_EQ(parsed->header_length + 7, object.size());
  EXPECT_TRUE(object_is_intact(object, *parsed));
}

TEST(Object, HeaderOfADeltaIsSmall) {
  EXPECT_LE(encode(some_delta(), "").size(), 60U);  // bookkeeping is the cost of a small change
}

TEST(Object, CrowdedAndNodeSurvive) {
  ObjectHeader header;
  header.kind = ObjectKind::node;
  header.crowded = true;
  header.plain_length = 5;
  header.id = chunk_id(as_bytes("12345"));
  const std::optional<ParsedObject> parsed = parse_object_header(encode(header, "12345"));
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->header.crowded);
  EXPECT_EQ(parsed->header.kind, ObjectKind::node);
}

TEST(Object, EveryFlippedBitIsNoticed) {
  const Bytes good = encode(some_delta(), "some stored bytes");
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    Bytes bad = good;
    bad[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    const std::optional<ParsedObject> parsed = parse_object_header(bad);
    EXPECT_FALSE(parsed && object_is_intact(bad, *parsed)) << "bit " << bit;
  }
}

TEST(Object, EveryTruncationIsNoticed) {
  const Bytes good = encode(some_delta(), "some stored bytes");
  for (std::size_t size = 0; size < good.size(); ++size) {
    const ByteView cut = ByteView(good).first(size);
    const std::optional<ParsedObject> parsed = parse_object_header(cut);
    EXPECT_FALSE(parsed && object_is_intact(cut, *parsed)) << size;
  }
}

}  // namespace
}  // namespace varve
