#include "tools/sources/inflater.h"

#include <fmt/format.h>
#include <zlib.h>

#include "store/core/error.h"

namespace varve {
namespace {

constexpr int kEitherFrame = 15 + 32;  // zlib's words for the largest window, and zlib or gzip
constexpr std::size_t kPiece = 256u << 10;

Error broken(const char* why) {
  return {ErrorCode::corrupt,
          fmt::format("its compressed data is damaged: {}", why == nullptr ? "no such data" : why)};
}

}  // namespace

struct Inflater::State {
  State() : piece(kPiece) {
    if (inflateInit2(&stream, kEitherFrame) != Z_OK) throw std::bad_alloc();
  }
  ~State() { inflateEnd(&stream); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  z_stream stream{};
  Bytes piece;
  bool is_complete = false;
};

Inflater::Inflater() : state_(std::make_unique<State>()) {}
Inflater::~Inflater() = default;

bool Inflater::is_complete() const noexcept { return state_->is_complete; }

void Inflater::add(ByteView packed, const std::function<void(ByteView)>& take) {
  z_stream& stream = state_->stream;
  // zlib's interface predates const.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  bool may_hold_more = !packed.empty();
  while (may_hold_more) {
    if (state_->is_complete) throw broken("something follows its end");
    stream.next_out = reinterpret_cast<Bytef*>(state_->piece.data());
    stream.avail_out = static_cast<uInt>(state_->piece.size());
    const int result = inflate(&stream, Z_NO_FLUSH);
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) throw broken(stream.msg);
    take(ByteView(state_->piece).first(state_->piece.size() - stream.avail_out));
    state_->is_complete = result == Z_STREAM_END;
    may_hold_more = stream.avail_in > 0 || (stream.avail_out == 0 && !state_->is_complete);
  }
}

}  // namespace varve
