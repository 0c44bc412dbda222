#include "tools/compare/changed_pages.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <optional>
#include <utility>

#include "store/core/parallel.h"

namespace varve {
namespace {

constexpr unsigned kThreads = 2;

// The chunk of an extent, where the file reaches that far.
ChunkBytes load(FileReader& file, std::uint64_t offset) {
  return offset < file.size() ? file.load(file.piece_at(offset)) : nullptr;
}

ByteView page_of(const ChunkBytes& chunk, std::size_t at, std::size_t size) {
  return chunk && at + size <= chunk->size() ? ByteView(*chunk).subspan(at, size) : ByteView();
}

bool are_equal(ByteView a, ByteView b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

std::vector<std::uint64_t> extents_in(const FileDifference& difference, std::uint64_t extent) {
  std::vector<std::uint64_t> offsets;
  for (const auto* ranges : {&difference.before, &difference.after}) {
    for (const ByteRange& range : *ranges) {
      for (std::uint64_t at = range.offset; at < range.offset + range.length; at += extent) {
        offsets.push_back(at);
      }
    }
  }
  std::ranges::sort(offsets);
  offsets.erase(std::unique(offsets.begin(), offsets.end()), offsets.end());
  return offsets;
}

}  // namespace

ChangedPages ChangedPages::find(FileReader& before, FileReader& after,
                                const FileDifference& difference, std::uint32_t page_size,
                                const std::stop_token& stop) {
  ChangedPages found;
  found.page_size_ = page_size;
  const std::uint64_t extent = before.file().extent_size;
  const std::vector<std::uint64_t> offsets = extents_in(difference, extent);
  using Change = std::pair<std::uint32_t, Kept>;
  std::vector<std::vector<Change>> changes(offsets.size());
  std::atomic<std::uint64_t> kept_bytes = 0;
  const auto compare = [&](std::size_t i) {
    const ChunkBytes old_chunk = load(before, offsets[i]);
    const ChunkBytes new_chunk = load(after, offsets[i]);
    for (std::size_t at = 0; at < extent; at += page_size) {
      const ByteView old_page = page_of(old_chunk, at, page_size);
      const ByteView new_page = page_of(new_chunk, at, page_size);
      if (are_equal(old_page, new_page)) continue;
      Kept kept;
      if (kept_bytes.fetch_add(old_page.size() + new_page.size()) < kKeptBytes) {
        kept.bytes[0].assign(old_page.begin(), old_page.end());
        kept.bytes[1].assign(new_page.begin(), new_page.end());
      }
      const std::uint64_t page = (offsets[i] + at) / page_size + 1;
      changes[i].emplace_back(static_cast<std::uint32_t>(page), std::move(kept));
    }
  };
  for_each_index(offsets.size(), kThreads, stop, compare);
  found.is_changed_.resize(std::max(before.size(), after.size()) / page_size + 1);
  for (std::vector<Change>& some : changes) {
    for (auto& [page, kept] : some) {
      found.pages_.push_back(page);
      found.is_changed_[page] = true;
      found.kept_.emplace(page, std::move(kept));
    }
  }
  return found;
}

ByteView ChangedPages::at_hand(Side side, std::uint32_t page) const {
  const auto kept = kept_.find(page);
  if (kept == kept_.end()) return {};
  return kept->second.bytes[static_cast<std::size_t>(side)];
}

}  // namespace varve
