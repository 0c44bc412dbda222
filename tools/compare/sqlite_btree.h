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

#include "store/file_reader.h"
#include "tools/compare/row.h"

namespace varve {

// The pages of a stored database. Not thread-safe.
class SqlitePages {
 public:
  // Looks at a page that is at hand elsewhere first; nothing: it is read.
  using AtHand = std::function<ByteView(std::uint32_t page)>;
  // `file` must outlive it. Nothing where the file does not begin as a database.
  static std::optional<SqlitePages> open(FileReader& file);

  std::uint32_t page_size() const noexcept { return page_size_; }
  std::uint32_t usable_size() const noexcept { return usable_size_; }  // of each page
  std::uint32_t count() const noexcept { return count_; }
  std::uint32_t encoding() const noexcept { return encoding_; }
  bool is_auto_vacuum() const noexcept { return is_auto_vacuum_; }
  std::uint32_t first_free_trunk() const noexcept { return first_free_trunk_; }
  // Whether the page holds back pointers of an auto-vacuum database, or SQLite's lock bytes.
  bool is_for_bookkeeping(std::uint32_t page) const noexcept;

  void use(AtHand at_hand) { at_hand_ = std::move(at_hand); }
  // Gets the interior pages that walks over trees read: they are few, and read again soon.
  using Keep = std::function<void(std::uint32_t page, ByteView bytes)>;
  void keep_interior(Keep keep) { keep_ = std::move(keep); }
  void note_interior(std::uint32_t page, ByteView bytes) {
    if (keep_) keep_(page, bytes);
  }
  // Page 1 is the first. Valid until the next call. Empty where there is no such page.
  ByteView page(std::uint32_t number);

 private:
  explicit SqlitePages(FileReader& file) : file_(&file) {}

  FileReader* file_;
  AtHand at_hand_;
  Keep keep_;
  std::uint32_t page_size_ = 0;
  std::uint32_t usable_size_ = 0;
  std::uint32_t count_ = 0;
  std::uint32_t encoding_ = 0;
  std::uint32_t first_free_trunk_ = 0;
  bool is_auto_vacuum_ = false;
  FileReader::Piece piece_;
  ChunkBytes chunk_;
  Bytes copy_;
};

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
// true. False where the page or a chain is broken.
bool for_each_overflow_page(SqlitePages& pages, std::uint32_t number,
                            const std::function<bool(std::uint32_t)>& take);

}  // namespace varve
