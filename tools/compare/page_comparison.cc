#include "tools/compare/page_comparison.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <unordered_map>
#include <utility>

#include "store/read/manifest_diff.h"

namespace varve {
namespace {

using Side = ChangedPages::Side;

// Leaves that are only in `leaves`, or that changed.
void add_unshared(const std::vector<TableLeaf>& leaves,
                  const std::unordered_set<std::uint32_t>& shared,
                  std::vector<RowidRange>& ranges) {
  for (const TableLeaf& leaf : leaves) {
    if (!shared.contains(leaf.page)) ranges.push_back(leaf.rowids);
  }
}

std::vector<std::uint32_t> pages_of(const std::vector<TableLeaf>& leaves) {
  std::vector<std::uint32_t> pages;
  for (const TableLeaf& leaf : leaves) pages.push_back(leaf.page);
  return pages;
}

// The keys of rows on pages that are not shared; false where one cannot be read.
bool add_keys(SqlitePages& pages, const std::vector<std::uint32_t>& tree,
              const std::unordered_set<std::uint32_t>& shared, std::size_t columns,
              std::vector<Row>& keys) {
  for (const std::uint32_t page : tree) {
    if (shared.contains(page)) continue;
    auto found = index_keys(pages, page, columns);
    if (!found) return false;
    std::ranges::move(*found, std::back_inserter(keys));
  }
  return true;
}

std::vector<RowidRange> united(std::vector<RowidRange> ranges) {
  std::ranges::sort(ranges, {}, &RowidRange::first);
  std::vector<RowidRange> made;
  for (const RowidRange& range : ranges) {
    const bool touches =
        !made.empty() && (made.back().last == std::numeric_limits<std::int64_t>::max() ||
                          range.first <= made.back().last + 1);
    if (touches) {
      made.back().last = std::max(made.back().last, range.last);
    } else {
      made.push_back(range);
    }
  }
  return made;
}

}  // namespace

PageComparison::PageComparison(SqlitePages before, SqlitePages after, ChangedPages changes)
    : before_(std::move(before)), after_(std::move(after)), changes_(std::move(changes)) {
  const auto keep = [this](std::uint32_t page, ByteView bytes) {
    if (changes_.has(page) || interior_.size() >= kMostInterior) return;
    interior_.try_emplace(page, bytes.begin(), bytes.end());
  };
  before_.use([this](std::uint32_t page) { return at_hand(Side::before, page); });
  after_.use([this](std::uint32_t page) { return at_hand(Side::after, page); });
  before_.keep_interior(keep);
  after_.keep_interior(keep);
  find_ownerless();
}

ByteView PageComparison::at_hand(Side side, std::uint32_t page) const {
  if (changes_.has(page)) return changes_.at_hand(side, page);
  const auto kept = interior_.find(page);
  return kept == interior_.end() ? ByteView() : ByteView(kept->second);
}

std::unique_ptr<PageComparison> PageComparison::start(ChunkReader& chunks, FileReader& before,
                                                      FileReader& after,
                                                      const std::stop_token& stop) {
  std::optional<SqlitePages> old_pages = SqlitePages::open(before);
  std::optional<SqlitePages> new_pages = SqlitePages::open(after);
  if (!old_pages || !new_pages || !have_equal_extents(before.file(), after.file())) return nullptr;
  const bool is_alike = old_pages->page_size() == new_pages->page_size() &&
                        old_pages->usable_size() == new_pages->usable_size() &&
                        old_pages->encoding() == new_pages->encoding();
  if (!is_alike || before.file().extent_size % old_pages->page_size() != 0) return nullptr;
  ChangedPages changes =
      ChangedPages::find(before, after, compare_files(chunks, before.file(), after.file()),
                         old_pages->page_size(), stop);
  return std::unique_ptr<PageComparison>(
      new PageComparison(std::move(*old_pages), std::move(*new_pages), std::move(changes)));
}

// Whether the free list and the changed pages of one side could be read; takes what they own from
// the ownerless pages.
bool PageComparison::account(SqlitePages& pages) {
  const auto free = free_pages(pages);
  if (!free) return false;
  std::erase_if(ownerless_, [&](std::uint32_t page) { return free->contains(page); });
  for (const std::uint32_t page : changes_.pages()) {
    if (ownerless_.empty()) return true;
    if (page > pages.count() || free->contains(page) || pages.is_for_bookkeeping(page)) continue;
    if (kind_of(pages.page(page), page) == PageKind::other) continue;
    const Walked walked = for_each_overflow_page(pages, page, [&](std::uint32_t overflow) {
      ownerless_.erase(overflow);
      return true;
    });
    if (walked == Walked::broken) return false;
  }
  return true;
}

void PageComparison::find_ownerless() {
  const std::uint32_t common = std::min(before_.count(), after_.count());
  for (const std::uint32_t page : changes_.pages()) {
    if (page > common || before_.is_for_bookkeeping(page) || after_.is_for_bookkeeping(page)) {
      continue;
    }
    if (kind_of(before_.page(page), page) == PageKind::other &&
        kind_of(after_.page(page), page) == PageKind::other) {
      ownerless_.insert(page);
    }
  }
  const bool tells = std::max(before_.count(), after_.count()) < kTellingPages;
  can_tell_ = tells && before_.is_auto_vacuum() == after_.is_auto_vacuum() && account(before_) &&
              account(after_);
}

// Looks through an unchanged leaf: stopped where it owns one of the ownerless pages.
Walked PageComparison::look_for_ownerless(std::uint32_t leaf) {
  if (ownerless_.empty()) return Walked::all;
  return for_each_overflow_page(
      after_, leaf, [&](std::uint32_t overflow) { return !ownerless_.contains(overflow); });
}

std::optional<std::unordered_set<std::uint32_t>> PageComparison::shared(
    const std::vector<std::uint32_t>& before, const std::vector<std::uint32_t>& after) {
  const std::unordered_set<std::uint32_t> old_pages(before.begin(), before.end());
  std::unordered_set<std::uint32_t> found;
  for (const std::uint32_t page : after) {
    if (changes_.has(page) || !old_pages.contains(page)) continue;
    const Walked walked = look_for_ownerless(page);
    if (walked == Walked::broken) return std::nullopt;
    if (walked == Walked::all) found.insert(page);
  }
  return found;
}

std::optional<std::vector<RowidRange>> PageComparison::changed_rowids(std::uint32_t root_before,
                                                                      std::uint32_t root_after) {
  if (!can_tell_) return std::nullopt;
  const auto old_leaves = table_leaves(before_, root_before);
  const auto new_leaves = table_leaves(after_, root_after);
  if (!old_leaves || !new_leaves) return std::nullopt;
  const auto both = shared(pages_of(*old_leaves), pages_of(*new_leaves));
  if (!both) return std::nullopt;
  std::vector<RowidRange> ranges;
  add_unshared(*old_leaves, *both, ranges);
  add_unshared(*new_leaves, *both, ranges);
  return united(std::move(ranges));
}

std::optional<PageComparison::ChangedKeys> PageComparison::changed_keys(std::uint32_t root_before,
                                                                        std::uint32_t root_after,
                                                                        std::size_t columns) {
  if (!can_tell_) return std::nullopt;
  const auto old_pages = index_pages(before_, root_before);
  const auto new_pages = index_pages(after_, root_after);
  if (!old_pages || !new_pages) return std::nullopt;
  const auto both = shared(*old_pages, *new_pages);
  if (!both) return std::nullopt;
  ChangedKeys keys;
  const bool is_sound = add_keys(before_, *old_pages, *both, columns, keys.before) &&
                        add_keys(after_, *new_pages, *both, columns, keys.after);
  if (!is_sound) return std::nullopt;
  return keys;
}

}  // namespace varve
