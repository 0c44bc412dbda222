#include "store/blob/pack_writer.h"

#include <fmt/format.h>

#include <mutex>
#include <utility>

#include "store/blob/pack_reader.h"
#include "store/core/error.h"
#include "store/transform/pack_format.h"

namespace varve {
namespace {

// Small objects are gathered into writes of about this many bytes.
constexpr std::size_t kWriteUnit = 1u << 20;

}  // namespace

struct PackWriter::State {
  State(BlobBackend& backend, NewId name, std::uint64_t target_size)
      : blobs(backend), new_id(std::move(name)), target(target_size) {}

  BlobBackend& blobs;
  const NewId new_id;
  const std::uint64_t target;
  mutable std::mutex mutex;  // guards all below
  std::unique_ptr<BlobWriter> blob;
  NewPack open;
  std::vector<std::uint32_t> lengths;
  Encoder pending;        // appended, not yet handed to the blob
  std::uint64_t end = 0;  // offset behind the last object
  std::vector<NewPack> committed;
  std::uint64_t bytes_committed = 0;

  void begin() {
    open = NewPack{.id = new_id(), .size = 0, .chunks = {}};
    lengths.clear();
    blob = blobs.create(pack_name(open.id));
    pending.bytes(encode_pack_header(open.id));
    end = pending.size();
  }

  void flush() {
    blob->append(pending.buffer());
    pending.clear();
  }

  // `write` puts one object at the end of `pending`.
  template <class Write>
  Location add(const ObjectHeader& header, Write write) {
    if (!blob) begin();
    const std::size_t before = pending.size();
    write(pending);
    const auto length = static_cast<std::uint32_t>(pending.size() - before);
    const Location where{open.id, end, length};
    open.chunks.push_back({ref_of(header.id), end, length, header.crowded});
    lengths.push_back(length);
    end += length;
    if (pending.size() >= kWriteUnit) flush();
    if (end >= target) commit();
    return where;
  }

  void commit() {
    if (!blob) return;
    pending.bytes(encode_pack_footer(lengths));
    flush();
    read_back();
    blob->commit();
    open.size = blob->size();
    bytes_committed += open.size;
    committed.push_back(std::move(open));
    blob.reset();
  }

  // What the kernel gives back must be what was meant, before anything refers to it.
  void read_back() const {
    Bytes object;
    for (const ChunkRow& chunk : open.chunks) {
      object.resize(chunk.length);
      blob->read_exact_at(chunk.offset, object);
      const std::optional<ParsedObject> parsed = parse_object_header(object);
      if (!parsed || ref_of(parsed->header.id) != chunk.ref || !object_is_intact(object, *parsed)) {
        throw Error(ErrorCode::io,
                    fmt::format("{} does not read back as it was written: the disk or memory of "
                                "this machine is faulty; nothing was stored",
                                pack_name(open.id)));
      }
    }
  }
};

PackWriter::PackWriter(BlobBackend& blobs, NewId new_id, std::uint64_t target)
    : state_(std::make_unique<State>(blobs, std::move(new_id), target)) {}
PackWriter::~PackWriter() = default;

PackWriter::Added PackWriter::append(const ObjectHeader& header, ByteView stored) {
  const std::lock_guard lock(state_->mutex);
  const Location where =
      state_->add(header, [&](Encoder& out) { encode_object(out, header, stored); });
  return {where, static_cast<std::uint32_t>(where.length - stored.size())};
}

PackWriter::Added PackWriter::append_object(ByteView object, const ParsedObject& parsed) {
  const std::lock_guard lock(state_->mutex);
  const Location where = state_->add(parsed.header, [&](Encoder& out) { out.bytes(object); });
  return {where, static_cast<std::uint32_t>(parsed.header_length)};
}

void PackWriter::finish() {
  const std::lock_guard lock(state_->mutex);
  state_->commit();
}

std::vector<NewPack> PackWriter::take_committed() {
  const std::lock_guard lock(state_->mutex);
  return std::exchange(state_->committed, {});
}

std::uint64_t PackWriter::bytes_written() const {
  const std::lock_guard lock(state_->mutex);
  return state_->bytes_committed + (state_->blob ? state_->end : 0);
}

}  // namespace varve
