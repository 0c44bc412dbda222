#include "tools/import/write_ahead_log.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "tools/sources/sqlite_header.h"

namespace varve {
namespace {

constexpr std::size_t kHeaderSize = 32;
constexpr std::size_t kFrameHeaderSize = 24;
constexpr std::size_t kSummedHeader = 24;      // bytes of the log's header, before its checksum
constexpr std::size_t kSummedFrameHeader = 8;  // the same of a frame's; then its page
constexpr std::uint32_t kMagic = 0x377f0682;   // its last bit: checksums of big-endian words
constexpr std::uint32_t kVersion = 3'007'000;

std::uint32_t big_endian(ByteView bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (const std::byte byte : bytes.subspan(at, 4)) {
    value = value << 8 | static_cast<std::uint32_t>(byte);
  }
  return value;
}

// The log's running checksum.
struct LogSum {
  bool is_big_endian = false;
  std::array<std::uint32_t, 2> sum{};

  std::uint32_t word(ByteView bytes, std::size_t at) const {
    const std::uint32_t value = big_endian(bytes, at);
    return is_big_endian ? value : __builtin_bswap32(value);
  }
  void add(ByteView bytes) {  // a multiple of 8
    for (std::size_t at = 0; at < bytes.size(); at += 8) {
      sum[0] += word(bytes, at) + sum[1];
      sum[1] += word(bytes, at + 4) + sum[0];
    }
  }
  bool stands_at(ByteView bytes, std::size_t at) const {
    return big_endian(bytes, at) == sum[0] && big_endian(bytes, at + 4) == sum[1];
  }
};

// As the wal-index would say it.
WalState state_of(ByteView header, std::uint32_t page_size, std::uint32_t frames,
                  std::uint32_t pages) {
  WalState state;
  state.words[0] = kVersion;
  const std::array<std::uint16_t, 2> halves = {
      0, static_cast<std::uint16_t>(page_size == 65536 ? 1 : page_size)};
  std::memcpy(&state.words[3], halves.data(), sizeof halves);
  state.words[4] = frames;
  state.words[5] = pages;
  std::memcpy(&state.words[8], header.data() + 16, 8);  // the salts, as they lie there
  return state;
}

}  // namespace

WriteAheadLog::WriteAheadLog(const Path& path) : file_(path) { recover(); }

void WriteAheadLog::recover() {
  const SqliteFile& file = file_.file();
  Bytes header(kHeaderSize);
  file.read(0, header);
  const std::uint32_t magic = big_endian(header, 0);
  const std::uint32_t page_size = big_endian(header, 8);
  LogSum sum{.is_big_endian = (magic & 1) != 0};
  sum.add(ByteView(header).first(kSummedHeader));
  is_damaged_ = (magic & ~1U) != kMagic || big_endian(header, 4) != kVersion ||
                !std::has_single_bit(page_size) || page_size < 512 || page_size > 65536 ||
                !sum.stands_at(header, kSummedHeader);
  if (is_damaged_) return;

  std::vector<std::uint32_t> frame_pages;
  std::uint32_t committed = 0;  // frames
  std::uint32_t pages = 0;      // of the database, after these
  Bytes frame(kFrameHeaderSize + page_size);
  const std::uint64_t end = file.size();
  for (std::uint64_t at = kHeaderSize; at + frame.size() <= end; at += frame.size()) {
    file.read(at, frame);
    const bool is_of_this_round = std::memcmp(frame.data() + 8, header.data() + 16, 8) == 0;
    sum.add(ByteView(frame).first(kSummedFrameHeader));
    sum.add(ByteView(frame).subspan(kFrameHeaderSize));
    const std::uint32_t number = big_endian(frame, 0);
    if (!is_of_this_round || number == 0 || !sum.stands_at(frame, 16)) break;
    frame_pages.push_back(number);
    if (const std::uint32_t size = big_endian(frame, 4); size != 0) {
      committed = static_cast<std::uint32_t>(frame_pages.size());
      pages = size;
    }
  }
  if (committed == 0) return;
  frame_pages.resize(committed);
  state_ = state_of(header, page_size, committed, pages);
  overlay_.emplace(file, state_, frame_pages);
}

std::uint64_t WriteAheadLog::database_size() const {
  return std::uint64_t{state_.page_count()} * state_.page_size();
}

LaidInDatabase::LaidInDatabase(ReadBytes database, WriteAheadLog& log)
    : database_(std::move(database)), log_(log) {}

std::size_t LaidInDatabase::read(MutableBytes out) {
  std::size_t count = 0;
  if (!log_.holds_anything()) {
    count = read_database(out);
  } else {
    out = out.first(std::min<std::uint64_t>(out.size(), log_.database_size() - offset_));
    while (count < out.size()) {
      const std::size_t some = read_database(out.subspan(count));
      if (some == 0) break;
      count += some;
    }
    // Pages that only the log has.
    std::ranges::fill(out.subspan(count), std::byte{0});
    count = out.size();
    log_.lay_over(offset_, out);
  }
  leave_wal_mode(offset_, out.first(count));
  offset_ += count;
  return count;
}

std::size_t LaidInDatabase::read_database(MutableBytes out) {
  if (has_ended_ || out.empty()) return 0;
  const std::size_t count = database_(out);
  has_ended_ = count == 0;
  return count;
}

}  // namespace varve
