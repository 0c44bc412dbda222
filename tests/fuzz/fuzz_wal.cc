#include <algorithm>

#include "tests/fuzz/expect.h"
#include "tests/fuzz/scratch_file.h"
#include "tests/fuzz/targets.h"
#include "tools/import/write_ahead_log.h"

namespace varve::fuzz {
namespace {

constexpr std::size_t kFrameHeader = 24;
constexpr std::size_t kEnough = 1u << 20;  // bytes: a log may well claim a large database

std::uint32_t word_at(ByteView bytes, std::size_t at, bool is_big_endian) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    value = value << 8 | static_cast<std::uint32_t>(bytes[at + (is_big_endian ? i : 3 - i)]);
  }
  return value;
}

// The log's running checksum (https://sqlite.org/fileformat2.html#walformat).
struct Sum {
  bool is_big_endian = false;
  std::uint32_t first = 0;
  std::uint32_t second = 0;

  void add(ByteView bytes) {
    for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
      first += word_at(bytes, at, is_big_endian) + second;
      second += word_at(bytes, at + 4, is_big_endian) + first;
    }
  }
  void put(MutableBytes bytes) const {
    for (std::size_t i = 0; i < 4; ++i) {
      bytes[i] = static_cast<std::byte>(first >> (24 - 8 * i));
      bytes[4 + i] = static_cast<std::byte>(second >> (24 - 8 * i));
    }
  }
};

Bytes mended(ByteView input) {
  Bytes log(input.begin(), input.end());
  if (log.size() < 32) return log;
  Sum sum{.is_big_endian = (log[3] & std::byte{1}) != std::byte{0}};
  sum.add(ByteView(log).first(24));
  sum.put(MutableBytes(log).subspan(24, 8));
  const std::size_t page = word_at(log, 8, true);
  if (page < 512 || page > 65536) return log;
  for (std::size_t at = 32; log.size() - at >= kFrameHeader + page; at += kFrameHeader + page) {
    const MutableBytes frame = MutableBytes(log).subspan(at, kFrameHeader + page);
    std::ranges::copy(ByteView(log).subspan(16, 8), frame.begin() + 8);
    sum.add(frame.first(8));
    sum.add(frame.subspan(kFrameHeader));
    sum.put(frame.subspan(16, 8));
  }
  return log;
}

void lay_in(WriteAheadLog& log) {
  Bytes database(4096);
  bool is_read = false;
  LaidInDatabase laid_in(
      [&](MutableBytes out) {
        if (std::exchange(is_read, true)) return std::size_t{0};
        const std::size_t count = std::min(out.size(), database.size());
        std::copy_n(database.begin(), count, out.begin());
        return count;
      },
      log);
  Bytes out(10'000);
  for (std::size_t sum = 0; sum < kEnough;) {
    const std::size_t count = laid_in.read(out);
    if (count == 0) return;
    sum += count;
  }
}

}  // namespace

void wal(ByteView input) {
  answer([&] {
    const ScratchFile scratch(mended(input));
    WriteAheadLog log(scratch.path());
    if (!log.is_damaged()) lay_in(log);
  });
}

}  // namespace varve::fuzz
