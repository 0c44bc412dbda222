#include <algorithm>
#include <array>

#include "store/blob/sidecar.h"
#include "store/transform/codec.h"
#include "store/transform/digest.h"
#include "store/transform/manifest.h"
#include "store/transform/sidecar_format.h"
#include "tests/fuzz/corpus.h"
#include "tests/fuzz/mended.h"
#include "tests/support/format_vectors.h"
#include "tests/support/told_pack.h"

namespace varve::fuzz {
namespace {

constexpr std::uint32_t kExtent = 4096;

// Objects, one after the other, as a pack has them.
class Objects {
 public:
  ChunkRef full(ByteView plain, ObjectKind kind = ObjectKind::data) {
    ObjectHeader header;
    header.kind = kind;
    return put(plain, compressor_.full(plain), header);
  }
  ChunkRef delta(ByteView plain, ByteView base, std::uint8_t depth) {
    const Compressor::Result result = compressor_.delta(plain, base);
    ObjectHeader header;
    header.depth = depth;
    header.spent = result.stored.size();
    header.base = key_of(chunk_id(base));
    return put(plain, result, header);
  }
  // As only an enemy writes it.
  void put(const ObjectHeader& header, ByteView stored) { pack_.add(header, stored); }
  const Bytes& bytes() const { return pack_.objects(); }
  Bytes pack() const { return pack_.file(kPack); }

 private:
  ChunkRef put(ByteView plain, const Compressor::Result& result, ObjectHeader header) {
    header.codec = result.codec;
    header.plain_length = static_cast<std::uint32_t>(plain.size());
    header.id = chunk_id(plain);
    put(header, result.stored);
    return ref_of(header.id);
  }

  Compressor compressor_{3};
  ToldPack pack_;
};

Bytes page(unsigned number) {
  Bytes bytes(kExtent);
  for (std::size_t i = 0; i < bytes.size(); i += 16) {
    bytes[i] = static_cast<std::byte>(number);
    bytes[i + 1] = static_cast<std::byte>(i / 16);
  }
  return bytes;
}

Bytes changed(Bytes bytes, std::size_t at) {
  bytes.at(at) ^= std::byte{0x55};
  return bytes;
}

// For the target `file`.
Bytes file_of(const Objects& objects, std::uint8_t levels, std::uint8_t chunking,
              std::uint64_t size) {
  Encoder out;
  out.u8(levels);
  out.u8(chunking);
  out.u32(kExtent);
  out.u64(size);
  out.bytes(objects.bytes());
  return out.take();
}

Bytes codec_input(Codec codec, std::size_t plain, ByteView base, ByteView frame) {
  Encoder out;
  out.u8(static_cast<std::uint8_t>(codec));
  out.u32(static_cast<std::uint32_t>(plain));
  out.u16(static_cast<std::uint16_t>(base.size()));
  out.bytes(base);
  out.bytes(frame);
  return out.take();
}

void add_frames(Corpus& corpus) {
  Compressor compressor(3);
  const Bytes base = page(1);
  const Bytes plain = changed(base, 1000);
  corpus["codec/raw"] = codec_input(Codec::raw, 5, {}, as_bytes("varve"));
  corpus["codec/zstd"] = codec_input(Codec::zstd, base.size(), {}, compressor.full(base).stored);
  corpus["codec/delta"] =
      codec_input(Codec::delta, plain.size(), base, compressor.delta(plain, base).stored);
  const Bytes zeros(1u << 20);
  corpus["codec/bomb"] = codec_input(Codec::zstd, zeros.size(), {}, compressor.full(zeros).stored);
}

void add_nodes(Corpus& corpus) {
  ManifestNode node;
  node.refs = {ref_of(chunk_id(page(1))), ref_of(chunk_id(page(2)))};
  corpus["manifest/extents"] = encode_node(node);
  node.lengths = {5, 70'000};
  corpus["manifest/lengths"] = encode_node(node);
  node.level = 3;
  node.lengths = {std::uint64_t{1} << 62, 1};
  corpus["manifest/high"] = encode_node(node);
}

void add_packs(Corpus& corpus) {
  Objects objects;
  objects.full(as_bytes("varve"));
  objects.full(page(1));
  objects.delta(changed(page(1), 100), page(1), 1);
  corpus["pack/whole"] = objects.pack();
  corpus["pack/empty"] = Objects().pack();
  Bytes cut = objects.pack();
  cut.erase(cut.end() - 20, cut.end());
  corpus["pack/cut"] = cut;
}

Bytes sidecar_input(ByteView blob, ByteView sidecar) {
  Encoder out;
  out.u16(static_cast<std::uint16_t>(blob.size()));
  out.bytes(blob);
  out.bytes(sidecar);
  return out.take();
}

Bytes sidecar_of(ByteView blob, std::uint32_t percent) {
  return make_sidecar("packs", blob.size(), percent, [&](std::uint64_t offset, MutableBytes out) {
    const ByteView part = blob.subspan(offset, out.size());
    std::ranges::copy(part, out.begin());
  });
}

void add_sidecars(Corpus& corpus) {
  corpus["sidecar/varve"] = sidecar_input(as_bytes("varve"), format_vector("sidecar"));
  const Bytes blob = page(1);
  corpus["sidecar/rows"] = sidecar_input(blob, sidecar_of(blob, 5));
  corpus["sidecar/healed"] = sidecar_input(changed(blob, 600), sidecar_of(blob, 5));
  corpus["sidecar/empty"] = sidecar_input({}, sidecar_of({}, 5));
  // A gigabyte, of which there is nothing.
  Bytes huge = encode_sidecar_head(parity_shape(kLargestProtected, 100), "packs");
  huge.resize(5000);
  corpus["sidecar/huge"] = sidecar_input({}, huge);
}

void add_good_files(Corpus& corpus) {
  Objects extents;
  ManifestNode node;
  for (unsigned i = 0; i < 3; ++i) node.refs.push_back(extents.full(page(i)));
  extents.full(encode_node(node), ObjectKind::node);
  corpus["file/extents"] = file_of(extents, 1, 0, 3 * kExtent - 7);

  Objects content;
  node.refs = {content.full(page(1)), content.delta(changed(page(1), 9), page(1), 1),
               content.full(as_bytes("the end"))};
  node.lengths = {kExtent, kExtent, 7};
  const Bytes low = encode_node(node);
  const ManifestNode high{
      .level = 2, .refs = {content.full(low, ObjectKind::node)}, .lengths = {2 * kExtent + 7}};
  content.full(encode_node(high), ObjectKind::node);
  corpus["file/content"] = file_of(content, 2, 1, 2 * kExtent + 7);

  Objects chain;
  Bytes last = page(1);
  chain.full(last);
  for (std::uint8_t depth = 1; depth <= 4; ++depth) {
    const Bytes next = changed(last, depth * 100U);
    chain.delta(next, last, depth);
    last = next;
  }
  corpus["file/chain"] = file_of(chain, 0, 1, kExtent);
}

void add_hostile_files(Corpus& corpus) {
  Objects own_base;
  own_base.put(told_delta(1, 1, 1, kExtent), page(1));
  corpus["file/own-base"] = file_of(own_base, 0, 1, kExtent);

  Objects loop;
  loop.put(told_delta(1, 2, 2, kExtent), page(1));
  loop.put(told_delta(2, 1, 1, kExtent), page(2));
  corpus["file/loop"] = file_of(loop, 0, 1, kExtent);

  Objects own_child;
  ObjectHeader header;
  header.kind = ObjectKind::node;
  header.id = told_id(1);
  ManifestNode node{.level = 2, .refs = {ref_of(header.id), ref_of(header.id)}, .lengths = {}};
  node.lengths = {std::uint64_t{1} << 60, std::uint64_t{1} << 60};
  const Bytes bytes = encode_node(node);
  header.plain_length = static_cast<std::uint32_t>(bytes.size());
  own_child.put(header, bytes);
  corpus["file/own-child"] = file_of(own_child, 2, 1, std::uint64_t{1} << 61);

  // Exabytes in three objects: every entry is the same.
  Objects huge;
  ManifestNode wide;
  wide.refs.assign(1024, huge.full(Bytes(kExtent)));
  wide.lengths.assign(1024, kExtent);
  std::uint64_t size = 1024 * kExtent;
  for (std::uint8_t level = 1; level <= 5; ++level) {
    wide.level = level;
    const ChunkRef ref = huge.full(encode_node(wide), ObjectKind::node);
    wide.refs.assign(1024, ref);
    wide.lengths.assign(1024, size);
    if (level < 5) size *= 1024;
  }
  corpus["file/exabytes"] = file_of(huge, 5, 1, size);
}

}  // namespace

void add_objects(Corpus& corpus) {
  add_frames(corpus);
  add_nodes(corpus);
  add_packs(corpus);
  add_sidecars(corpus);
  add_good_files(corpus);
  add_hostile_files(corpus);
}

}  // namespace varve::fuzz
