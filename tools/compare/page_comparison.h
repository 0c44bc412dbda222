// Which rows of two stored databases can differ at all, told by their pages.
//
// A leaf page of a table's b-tree that stands at one place in both files, in the tree of the same
// table, and has the same bytes, holds the same rows; so all rows that differ have their rowids in
// the ranges of the other leaves, of either side. The leaves and their ranges are found by reading
// the interior pages (well under one page of a hundred), the pages that differ by the manifests.
// The same holds for all pages of tables WITHOUT ROWID, which have rows on interior pages too (so
// these are one page of ten or twenty).
//
// One thing escapes the leaves: a long row goes on in overflow pages, and SQLite overwrites those
// in place where a value keeps its length. So each changed page that is an overflow page on both
// sides has to have an owner among the changed pages of one side, or be free on one side. Where
// one has not, its owner is searched in the leaves that did not change, table by table. (Back
// pointers would say it at once; only auto-vacuum databases have them.)
//
// Whatever is not as it should be, here or in the files, is "cannot tell": then all rows are to be
// compared. Not thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "tools/compare/changed_pages.h"
#include "tools/compare/sqlite_btree.h"

namespace varve {

class PageComparison {
 public:
  // Null where the files cannot be compared page by page: other extents, page sizes or encodings.
  // Both must outlive it. Throws what the store throws, and interrupted.
  static std::unique_ptr<PageComparison> start(ChunkReader& chunks, FileReader& before,
                                               FileReader& after, const std::stop_token& stop);

  const ChangedPages& changes() const noexcept { return changes_; }
  // A page that changed, or an interior one that was read, where it is in memory; else empty.
  ByteView at_hand(ChangedPages::Side side, std::uint32_t page) const;

  // Of two versions of one table with rowids, by their roots: the rowids of which rows can differ,
  // in order, none touching the next. Nothing: cannot tell.
  std::optional<std::vector<RowidRange>> changed_rowids(std::uint32_t root_before,
                                                        std::uint32_t root_after);
  // Of two versions of one table WITHOUT ROWID: the keys, of `columns` columns, of the rows on
  // pages that both do not share. Each row that differs is among them. Nothing: cannot tell.
  struct ChangedKeys {
    std::vector<Row> before;
    std::vector<Row> after;
  };
  std::optional<ChangedKeys> changed_keys(std::uint32_t root_before, std::uint32_t root_after,
                                          std::size_t columns);

 private:
  static constexpr std::size_t kMostInterior = 16384;

  PageComparison(SqlitePages before, SqlitePages after, ChangedPages changes);
  void find_ownerless();
  bool account(SqlitePages& pages);
  Walked look_for_ownerless(std::uint32_t leaf);
  // Of pages in the trees of one table: those that hold the same rows in both. Nothing: cannot
  // tell.
  std::optional<std::unordered_set<std::uint32_t>> shared(const std::vector<std::uint32_t>& before,
                                                          const std::vector<std::uint32_t>& after);

  SqlitePages before_;
  SqlitePages after_;
  ChangedPages changes_;
  std::unordered_map<std::uint32_t, Bytes> interior_;  // pages that are the same on both sides
  bool can_tell_ = true;
  std::unordered_set<std::uint32_t> ownerless_;  // changed overflow pages
};

}  // namespace varve
