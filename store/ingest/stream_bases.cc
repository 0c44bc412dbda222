#include "store/ingest/stream_bases.h"

#include <algorithm>
#include <set>

#include "store/core/error.h"
#include "store/transform/digest.h"

namespace varve {
namespace {

constexpr std::size_t kKeptAnchors = 64;
constexpr std::size_t kMostOld = 1u << 24;  // chunks, of 4 TiB: what is behind them has no base
constexpr std::size_t kTail = 64;           // bytes that decide where the chunker cuts
constexpr unsigned kMostMisses = 3;  // two in a row happen: a change just at a cut, and beside it

bool same_tail(ByteView one, ByteView other) {
  return one.size() >= kTail && other.size() >= kTail &&
         std::ranges::equal(one.last(kTail), other.last(kTail));
}

}  // namespace

StreamBases::StreamBases(const ManifestReader* predecessor, std::size_t smallest_part)
    : smallest_part_(smallest_part) {
  if (predecessor == nullptr) return;
  predecessor->visit([&](const ManifestReader::Piece& piece) {
    position_.try_emplace(piece.ref, old_.size());
    old_.push_back({piece.ref, piece.offset, piece.offset + piece.length});
    return old_.size() < kMostOld;
  });
}

std::uint64_t StreamBases::old_offset(std::uint64_t offset, ByteView chunk) const {
  const std::lock_guard lock(mutex_);
  if (ends_ && chunk.size() >= kTail) {
    const auto known = ends_->find(checksum(chunk.last(kTail)));
    if (known != ends_->end()) return known->second - std::min(known->second, chunk.size());
  }
  auto after = anchors_.upper_bound(offset);
  if (after == anchors_.begin()) return offset;
  --after;
  return after->second + (offset - after->first);
}

bool StreamBases::is_lost() const {
  const std::lock_guard lock(mutex_);
  return misses_ >= kMostMisses && !ends_;
}

void StreamBases::survey(const Load& load) {
  std::call_once(surveyed_, [&] { read_ends(load); });
}

void StreamBases::read_ends(const Load& load) {
  std::unordered_map<std::uint64_t, std::uint64_t> ends;
  std::set<std::uint64_t> ambiguous;
  for (const Old& old : old_) {
    try {
      const ChunkBytes plain = load(old.ref);
      if (plain->size() < kTail) continue;
      const std::uint64_t tail = checksum(ByteView(*plain).last(kTail));
      if (!ends.emplace(tail, old.end).second) ambiguous.insert(tail);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::corrupt) throw;  // a damaged chunk is no base
    }
  }
  for (const std::uint64_t tail : ambiguous) ends.erase(tail);
  const std::lock_guard lock(mutex_);
  ends_ = std::move(ends);
}

std::vector<StreamBases::Part> StreamBases::parts(std::uint64_t offset, ByteView chunk) const {
  if (old_.empty()) return {{chunk.size(), std::nullopt}};
  std::uint64_t at = old_offset(offset, chunk);
  const std::uint64_t end = at + chunk.size();
  auto old = std::ranges::upper_bound(old_, at, {}, &Old::end);
  // A cut just behind our beginning is the one that we begin at, a few rows away.
  while (old != old_.end() && old->end < at + smallest_part_ && old->end - at < end - old->end) {
    ++old;
  }
  std::vector<Part> parts;
  for (; old != old_.end() && old->end + smallest_part_ <= end; ++old) {
    parts.push_back({old->end - at, static_cast<std::size_t>(old - old_.begin())});
    at = old->end;
  }
  Part last{end - at, std::nullopt};
  if (old != old_.end()) last.old = static_cast<std::size_t>(old - old_.begin());
  parts.push_back(last);
  return parts;
}

void StreamBases::anchor(std::uint64_t end, std::uint64_t old_end) {
  const std::lock_guard lock(mutex_);
  misses_ = 0;
  anchors_[end] = old_end;
  if (anchors_.size() > kKeptAnchors) anchors_.erase(anchors_.begin());
}

void StreamBases::note_chunk(std::uint64_t end, const ChunkRef& ref,
                             std::optional<std::size_t> expected) {
  if (expected && old_[*expected].ref == ref) return anchor(end, old_[*expected].end);
  const auto found = position_.find(ref);
  if (found != position_.end()) anchor(end, old_[found->second].end);
}

void StreamBases::note_base(std::uint64_t end, ByteView plain, std::size_t old,
                            ByteView old_plain) {
  if (same_tail(plain, old_plain)) return anchor(end, old_[old].end);
  const std::lock_guard lock(mutex_);
  ++misses_;
}

}  // namespace varve
