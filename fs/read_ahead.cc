#include "fs/read_ahead.h"

#include <algorithm>

#include "store/core/error.h"

namespace varve {
namespace {

// A reader is believed to be sequential after so many bytes in a row.
constexpr std::uint64_t kBelief = 256u << 10;
// Kernel read-ahead arrives in pieces of this size at least, and at most this far out of order.
constexpr std::uint64_t kKernelPiece = 64u << 10;
constexpr std::uint64_t kDisorder = 2u << 20;
// One task decodes about this much.
constexpr std::uint64_t kTaskBytes = 256u << 10;
constexpr std::size_t kMostTasks = 64;

void decode(FileReader& file, ByteRange range) {
  const std::uint64_t end = std::min(range.end, file.size());
  for (std::uint64_t offset = range.begin; offset < end;) {
    const FileReader::Piece piece = file.piece_at(offset);
    file.load(piece);
    offset = piece.offset + piece.length;
  }
}

}  // namespace

std::optional<ByteRange> ReadPattern::note(std::uint64_t offset, std::uint64_t length) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t slack = length >= kKernelPiece ? kDisorder : 0;
  const bool sequential = offset <= expected_ + slack && expected_ <= offset + slack;
  streak_ = sequential ? streak_ + length : length;
  expected_ = sequential ? std::max(expected_, offset + length) : offset + length;
  if (streak_ < kBelief) {
    requested_ = 0;
    return std::nullopt;
  }
  const ByteRange ahead{std::max(requested_, expected_), expected_ + window_};
  // In steps worth a task, not a little with every read.
  if (ahead.begin + std::min(kTaskBytes, window_) > ahead.end) return std::nullopt;
  requested_ = ahead.end;
  return ahead;
}

ReadAhead::ReadAhead(unsigned threads) : thread_count_(threads) {}

ReadAhead::~ReadAhead() {
  for (std::jthread& thread : threads_) thread.request_stop();
}

void ReadAhead::request(const std::shared_ptr<FileReader>& file, ByteRange range) {
  const std::lock_guard lock(mutex_);
  if (threads_.empty()) start_threads();
  const std::uint64_t end = std::min(range.end, file->size());
  for (std::uint64_t at = range.begin; at < end && tasks_.size() < kMostTasks; at += kTaskBytes) {
    tasks_.push_back({file, {at, std::min(at + kTaskBytes, end)}});
    wake_.notify_one();
  }
}

void ReadAhead::start_threads() {
  for (unsigned i = 0; i < thread_count_; ++i) {
    threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
  }
}

void ReadAhead::work(const std::stop_token& stop) {
  while (true) {
    std::unique_lock lock(mutex_);
    if (!wake_.wait(lock, stop, [this] { return !tasks_.empty(); })) return;
    const Task task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    try {
      decode(*task.file, task.range);
    } catch (const std::exception&) {
      // Whoever reads these bytes meets the same error, and answers for it.
    }
  }
}

}  // namespace varve
