#include "tools/import/gzip_decoder.h"

#include <zlib.h>

#include <algorithm>

#include "store/core/error.h"

namespace varve {
namespace {

constexpr int kGzipOnly = 15 + 16;  // zlib's words for the largest window and gzip's frame

Error failed(const char* why) { return {ErrorCode::failed, why}; }

}  // namespace

struct GzipDecoder::State {
  explicit State(const File& from) : file(from), input(256u << 10) {
    if (inflateInit2(&stream, kGzipOnly) != Z_OK) throw failed("there is not enough memory");
  }
  ~State() { inflateEnd(&stream); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  // False at the file's end.
  bool refill() {
    if (stream.avail_in > 0) return true;
    const std::size_t count = file.read_at(offset, input);
    offset += count;
    stream.next_in = reinterpret_cast<Bytef*>(input.data());
    stream.avail_in = static_cast<uInt>(count);
    return count > 0;
  }

  // Behind a member: to the next one, or to the end.
  void begin_next() {
    inflateReset(&stream);
    while (refill()) {
      if (*stream.next_in != 0) {
        if (*stream.next_in == 0x1f) return;
        throw failed("something else follows its end");
      }
      ++stream.next_in;
      --stream.avail_in;
    }
    is_at_end = true;
  }

  void step() {
    if (!refill()) throw failed("it ends too early");
    const int result = inflate(&stream, Z_NO_FLUSH);
    if (result == Z_STREAM_END) {
      begin_next();
    } else if (result != Z_OK) {
      throw failed(stream.msg != nullptr ? stream.msg : "it is damaged");
    }
  }

  const File& file;
  std::uint64_t offset = 0;
  Bytes input;
  z_stream stream{};
  bool is_at_end = false;
};

GzipDecoder::GzipDecoder(const File& file) : state_(std::make_unique<State>(file)) {}
GzipDecoder::~GzipDecoder() = default;

std::size_t GzipDecoder::read(MutableBytes out) {
  constexpr std::size_t kMost = 1u << 30;
  const std::size_t room = std::min(out.size(), kMost);
  z_stream& stream = state_->stream;
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(room);
  while (stream.avail_out == room && !state_->is_at_end) state_->step();
  return room - stream.avail_out;
}

}  // namespace varve
