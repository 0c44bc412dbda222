// The little that is needed of SQLite's b-trees to tell which pages of two databases matter:
// https://sqlite.org/fileformat2.html, "B-tree Pages". Rows themselves are read by SQLite.
//
// Nothing on a page is trusted: what is not as the format says is an answer "cannot tell", and
// whoever asked compares everything instead.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_set>
#include <vector>

#include "tools/compare/row.h"
#include "tools/compare/sqlite_pages.h"

namespace varve {

enum class PageKind : std::uint8_t {
  index_interior = 2,
  table_interior = 5,
  index_leaf = 10,
  table_leaf = 13,
  other = 0,  // overflow, free, back pointers
};
// By the page's own first byte. In a database of less than kTellingPages pages no overflow page
// looks like a page of a b-tree, as its first byte belongs to a page's number. Free pages may.
PageKind kind_of(ByteView page, std::uint32_t number);
inline constexpr std::uint32_t kTellingPages = 1u << 25;

struct RowidRange {  // both ends are in it
  std::int64_t first = INT64_MIN;
  std::int64_t last = INT64_MAX;
};
struct TableLeaf {
  std::uint32_t page = 0;
  RowidRange rowids;
};
// The leaves of a table's b-tree in order; interior pages alone are read, and one leaf.
std::optional<std::vector<TableLeaf>> table_leaves(SqlitePages& pages, std::uint32_t root);

// All pages of an index's b-tree (or a table's WITHOUT ROWID) but their overflow pages; interior
// pages alone are read, and one leaf.
std::optional<std::vector<std::uint32_t>> index_pages(SqlitePages& pages, std::uint32_t root);

// The first `count` values of each record on a page of such a tree: of a table WITHOUT ROWID its
// primary key, which its records begin with. Nothing where the page or a record is broken, or where
// the database is not in UTF-8.
std::optional<std::vector<Row>> index_keys(SqlitePages& pages, std::uint32_t number,
                                           std::size_t count);

// The free pages. Nothing where the list is broken.
std::optional<std::unordered_set<std::uint32_t>> free_pages(SqlitePages& pages);

// Calls take(page) for the overflow pages of all cells of a b-tree page, as long as it returns
// true.
enum class Walked { all, stopped, broken };  // stopped: by `take`; broken: the page, or a chain
Walked for_each_overflow_page(SqlitePages& pages, std::uint32_t number,
                              const std::function<bool(std::uint32_t)>& take);

}  // namespace varve
