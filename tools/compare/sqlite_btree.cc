#include "tools/compare/sqlite_btree.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "tools/compare/page_bytes.h"
#include "tools/compare/sqlite_record.h"
#include "tools/sources/sqlite_header.h"

namespace varve {
namespace {

// Page 1 begins with the database's own header.
std::size_t header_at(std::uint32_t page) { return page == 1 ? SqliteHeader::kSize : 0; }

// A page of a b-tree and what its header says.
class Node {
 public:
  Node(ByteView page, std::uint32_t number)
      : bytes(page), start_(header_at(number)), kind_(kind_of(page, number)) {}

  PageBytes bytes;

  PageKind kind() const { return kind_; }
  bool is_interior() const {
    return kind_ == PageKind::table_interior || kind_ == PageKind::index_interior;
  }
  bool is_bad() const { return bytes.is_bad(); }
  std::size_t cells() { return bytes.number(start_ + 3, 2); }
  std::uint32_t right_child() { return bytes.number(start_ + 8, 4); }
  // Where the cell begins.
  std::size_t cell(std::size_t index) {
    return bytes.number(start_ + (is_interior() ? 12U : 8U) + 2 * index, 2);
  }

 private:
  std::size_t start_;
  PageKind kind_;
};

// How much of a payload lies on the page itself.
std::uint64_t local_payload(std::uint64_t payload, PageKind kind, std::uint64_t usable) {
  const bool is_table = kind == PageKind::table_leaf;
  const std::uint64_t most = is_table ? usable - 35 : (usable - 12) * 64 / 255 - 23;
  if (payload <= most) return payload;
  const std::uint64_t least = (usable - 12) * 32 / 255 - 23;
  const std::uint64_t fitting = least + (payload - least) % (usable - 4);
  return fitting <= most ? fitting : least;
}

// A walk over a tree's interior pages, with what leads to each page below.
class TreeWalk {
 public:
  TreeWalk(SqlitePages& pages, PageKind interior, PageKind leaf)
      : pages_(pages), interior_(interior), leaf_(leaf) {}

  // `take_leaf` gets each leaf with its rowids (of a table), `take_interior` each other page.
  bool walk(std::uint32_t root, const std::function<void(std::uint32_t, RowidRange)>& take_leaf,
            const std::function<void(std::uint32_t)>& take_interior) {
    const std::optional<int> depth = depth_of(root);
    return depth && visit(root, *depth, {}, take_leaf, take_interior);
  }

 private:
  static constexpr int kDeepest = 20;  // as SQLite's own

  // All leaves of a tree are equally deep.
  std::optional<int> depth_of(std::uint32_t page) {
    for (int depth = 0; depth < kDeepest; ++depth) {
      Node node(pages_.page(page), page);
      if (node.kind() == leaf_) return depth;
      if (node.kind() != interior_) return std::nullopt;
      page = node.cells() == 0 ? node.right_child() : node.bytes.number(node.cell(0), 4);
      if (node.is_bad()) return std::nullopt;
    }
    return std::nullopt;
  }

  bool visit(std::uint32_t page, int depth, RowidRange rowids, const auto& take_leaf,
             const auto& take_interior) {
    if (++visited_ > pages_.count()) return false;  // a loop
    if (page == 0 || page > pages_.count()) return false;
    if (depth == 0) {
      take_leaf(page, rowids);
      return true;
    }
    std::vector<std::pair<std::uint32_t, RowidRange>> children;
    if (!read_children(page, rowids, children)) return false;
    take_interior(page);
    return std::ranges::all_of(children, [&](const auto& child) {
      return visit(child.first, depth - 1, child.second, take_leaf, take_interior);
    });
  }

  bool read_children(std::uint32_t page, RowidRange rowids,
                     std::vector<std::pair<std::uint32_t, RowidRange>>& children) {
    const ByteView bytes = pages_.page(page);
    Node node(bytes, page);
    if (node.kind() != interior_) return false;
    pages_.note_interior(page, bytes);
    std::int64_t first = rowids.first;
    const std::size_t cells = node.cells();
    for (std::size_t i = 0; i < cells; ++i) {
      std::size_t at = node.cell(i);
      const std::uint32_t child = node.bytes.number(at, 4);
      RowidRange below;
      if (interior_ == PageKind::table_interior) {
        at += 4;
        const auto last = static_cast<std::int64_t>(node.bytes.varint(at));
        if (last < first || last > rowids.last) return false;
        below = {first, last};
        first = last == std::numeric_limits<std::int64_t>::max() ? last : last + 1;
      }
      children.emplace_back(child, below);
      if (node.is_bad()) return false;
    }
    children.emplace_back(node.right_child(), RowidRange{first, rowids.last});
    return !node.is_bad();
  }

  SqlitePages& pages_;
  PageKind interior_;
  PageKind leaf_;
  std::uint64_t visited_ = 0;
};

// The chain that begins on `page`. Its length follows from the payload, and ends it besides.
Walked follow_chain(SqlitePages& pages, std::uint32_t page, std::uint64_t bytes,
                    const std::function<bool(std::uint32_t)>& take) {
  const std::uint64_t room = pages.usable_size() - 4;
  std::uint32_t visited = 0;
  for (std::uint64_t left = bytes; left > 0; left -= std::min(left, room)) {
    if (page == 0 || page > pages.count()) return Walked::broken;
    if (++visited > pages.count()) return Walked::broken;  // a loop
    if (!take(page)) return Walked::stopped;
    page = PageBytes(pages.page(page)).number(0, 4);
  }
  return Walked::all;
}

// A record's bytes: those on the b-tree's page, and what lies in overflow pages.
std::optional<Bytes> whole_payload(SqlitePages& pages, ByteView on_page, std::uint32_t overflow,
                                   std::uint64_t payload) {
  Bytes bytes(on_page.begin(), on_page.end());
  const auto take = [&](std::uint32_t number) {
    const ByteView page = pages.page(number);
    if (page.size() < pages.usable_size()) return false;
    const auto room = std::min<std::uint64_t>(payload - bytes.size(), pages.usable_size() - 4);
    const ByteView part = page.subspan(4, room);
    bytes.insert(bytes.end(), part.begin(), part.end());
    return true;
  };
  if (follow_chain(pages, overflow, payload - on_page.size(), take) != Walked::all) {
    return std::nullopt;
  }
  return bytes;
}

}  // namespace

PageKind kind_of(ByteView page, std::uint32_t number) {
  const std::size_t at = header_at(number);
  if (page.size() <= at) return PageKind::other;
  switch (const auto kind = static_cast<PageKind>(page[at])) {
    case PageKind::index_interior:
    case PageKind::table_interior:
    case PageKind::index_leaf:
    case PageKind::table_leaf:
      return kind;
    default:
      return PageKind::other;
  }
}

std::optional<std::vector<TableLeaf>> table_leaves(SqlitePages& pages, std::uint32_t root) {
  std::vector<TableLeaf> leaves;
  TreeWalk walk(pages, PageKind::table_interior, PageKind::table_leaf);
  const bool is_sound = walk.walk(
      root,
      [&](std::uint32_t page, RowidRange rowids) {
        leaves.push_back({page, rowids});
      },
      [](std::uint32_t) {});
  if (!is_sound) return std::nullopt;
  return leaves;
}

std::optional<std::vector<std::uint32_t>> index_pages(SqlitePages& pages, std::uint32_t root) {
  std::vector<std::uint32_t> found;
  TreeWalk walk(pages, PageKind::index_interior, PageKind::index_leaf);
  const bool is_sound = walk.walk(
      root, [&](std::uint32_t page, RowidRange) { found.push_back(page); },
      [&](std::uint32_t page) { found.push_back(page); });
  if (!is_sound) return std::nullopt;
  return found;
}

std::optional<std::vector<Row>> index_keys(SqlitePages& pages, std::uint32_t number,
                                           std::size_t count) {
  constexpr std::uint32_t kUtf8 = 1;
  constexpr std::uint64_t kLongestRecord = 16u << 20;
  const ByteView view = pages.page(number);
  const Bytes page(view.begin(), view.end());  // chains are followed meanwhile
  Node node(page, number);
  if (pages.encoding() != kUtf8 || page.size() < pages.usable_size()) return std::nullopt;
  const bool is_index =
      node.kind() == PageKind::index_leaf || node.kind() == PageKind::index_interior;
  if (!is_index) return std::nullopt;
  std::vector<Row> keys;
  const std::size_t cells = node.cells();
  for (std::size_t i = 0; i < cells; ++i) {
    std::size_t at = node.cell(i) + (node.is_interior() ? 4U : 0U);
    const std::uint64_t payload = node.bytes.varint(at);
    const std::uint64_t local = local_payload(payload, node.kind(), pages.usable_size());
    if (node.is_bad() || payload > kLongestRecord || at + local > page.size()) return std::nullopt;
    const ByteView on_page = ByteView(page).subspan(at, local);
    std::optional<Row> key;
    if (local == payload) {
      key = record_front(on_page, count);
    } else if (const auto whole =
                   whole_payload(pages, on_page, node.bytes.number(at + local, 4), payload)) {
      key = record_front(*whole, count);
    }
    if (!key) return std::nullopt;
    keys.push_back(std::move(*key));
  }
  return keys;
}

std::optional<std::unordered_set<std::uint32_t>> free_pages(SqlitePages& pages) {
  std::unordered_set<std::uint32_t> free;
  for (std::uint32_t trunk = pages.first_free_trunk(); trunk != 0;) {
    if (trunk > pages.count() || !free.insert(trunk).second) return std::nullopt;
    PageBytes bytes(pages.page(trunk));
    const std::uint32_t leaves = bytes.number(4, 4);
    if (leaves > pages.usable_size() / 4 - 2) return std::nullopt;
    for (std::uint32_t i = 0; i < leaves; ++i) {
      const std::uint32_t page = bytes.number(8 + 4 * std::size_t{i}, 4);
      if (page == 0 || page > pages.count()) return std::nullopt;
      free.insert(page);
    }
    trunk = bytes.number(0, 4);
  }
  return free;
}

Walked for_each_overflow_page(SqlitePages& pages, std::uint32_t number,
                              const std::function<bool(std::uint32_t)>& take) {
  const ByteView view = pages.page(number);
  Node node(view, number);
  if (node.kind() == PageKind::table_interior) return Walked::all;
  if (node.kind() == PageKind::other) return Walked::broken;
  // First the cells, then their chains: reading one gives up the view of this page.
  std::vector<std::pair<std::uint32_t, std::uint64_t>> chains;
  const std::size_t cells = node.cells();
  for (std::size_t i = 0; i < cells; ++i) {
    std::size_t at = node.cell(i);
    if (node.kind() == PageKind::index_interior) at += 4;
    const std::uint64_t payload = node.bytes.varint(at);
    if (node.kind() == PageKind::table_leaf) node.bytes.varint(at);
    const std::uint64_t local = local_payload(payload, node.kind(), pages.usable_size());
    if (local < payload) chains.emplace_back(node.bytes.number(at + local, 4), payload - local);
    if (node.is_bad()) return Walked::broken;
  }
  for (const auto& [first, bytes] : chains) {
    const Walked walked = follow_chain(pages, first, bytes, take);
    if (walked != Walked::all) return walked;
  }
  return Walked::all;
}

}  // namespace varve
