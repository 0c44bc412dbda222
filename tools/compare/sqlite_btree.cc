#include "tools/compare/sqlite_btree.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <utility>

#include "tools/sources/sqlite_header.h"

namespace varve {
namespace {

constexpr std::uint64_t kLockByte = 1u << 30;
constexpr std::size_t kDatabaseHeader = 100;  // in front of page 1's b-tree
constexpr std::size_t kReservedAt = 20;
constexpr std::size_t kChangesAt = 24;
constexpr std::size_t kCountAt = 28;
constexpr std::size_t kFreeTrunkAt = 32;
constexpr std::size_t kAutoVacuumAt = 52;
constexpr std::size_t kEncodingAt = 56;
constexpr std::size_t kCountValidAt = 92;

// A page and what its header says. Reads beyond the page's end make it bad instead.
class NodeView {
 public:
  NodeView(ByteView page, std::uint32_t number)
      : page_(page), start_(number == 1 ? kDatabaseHeader : 0), kind_(kind_of(page, number)) {}

  PageKind kind() const { return kind_; }
  bool is_interior() const {
    return kind_ == PageKind::table_interior || kind_ == PageKind::index_interior;
  }
  bool is_bad() const { return is_bad_; }
  std::size_t cells() { return number(start_ + 3, 2); }
  std::uint32_t right_child() { return number(start_ + 8, 4); }
  // Where the cell begins.
  std::size_t cell(std::size_t index) {
    const std::size_t at = start_ + (is_interior() ? 12U : 8U) + 2 * index;
    return number(at, 2);
  }
  std::uint32_t number(std::size_t at, std::size_t bytes) {
    if (bytes > page_.size() || at > page_.size() - bytes) {
      is_bad_ = true;
      return 0;
    }
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) {
      value = value << 8 | std::to_integer<std::uint32_t>(page_[at + i]);
    }
    return value;
  }
  // Moves `at` behind it.
  std::uint64_t varint(std::size_t& at) {
    constexpr int kLongest = 9;
    std::uint64_t value = 0;
    for (int i = 1; i <= kLongest; ++i) {
      const std::uint32_t byte = number(at++, 1);
      if (i == kLongest) return value << 8 | byte;
      value = value << 7 | (byte & 0x7fU);
      if ((byte & 0x80U) == 0) return value;
    }
    return value;
  }

 private:
  ByteView page_;
  std::size_t start_;
  PageKind kind_;
  bool is_bad_ = false;
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
      NodeView node(pages_.page(page), page);
      if (node.kind() == leaf_) return depth;
      if (node.kind() != interior_) return std::nullopt;
      page = node.cells() == 0 ? node.right_child() : node.number(node.cell(0), 4);
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
    NodeView node(bytes, page);
    if (node.kind() != interior_) return false;
    pages_.note_interior(page, bytes);
    std::int64_t first = rowids.first;
    const std::size_t cells = node.cells();
    for (std::size_t i = 0; i < cells; ++i) {
      std::size_t at = node.cell(i);
      const std::uint32_t child = node.number(at, 4);
      RowidRange below;
      if (interior_ == PageKind::table_interior) {
        at += 4;
        const auto last = static_cast<std::int64_t>(node.varint(at));
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
bool follow_chain(SqlitePages& pages, std::uint32_t page, std::uint64_t bytes,
                  const std::function<bool(std::uint32_t)>& take, bool& go_on) {
  const std::uint64_t room = pages.usable_size() - 4;
  std::uint32_t visited = 0;
  for (std::uint64_t left = bytes; left > 0; left -= std::min(left, room)) {
    if (page == 0 || page > pages.count()) return false;
    if (++visited > pages.count()) return false;  // a loop
    go_on = take(page);
    if (!go_on) return true;
    NodeView next(pages.page(page), 0);
    page = next.number(0, 4);
  }
  return true;
}

// A record's bytes, what lies in overflow pages appended. `local` of them are on the page.
std::optional<Bytes> whole_payload(SqlitePages& pages, ByteView on_page, std::uint32_t overflow,
                                   std::uint64_t payload) {
  Bytes bytes(on_page.begin(), on_page.end());
  bool go_on = true;
  const bool is_sound = follow_chain(
      pages, overflow, payload - on_page.size(),
      [&](std::uint32_t number) {
        const ByteView page = pages.page(number);
        if (page.size() < pages.usable_size()) return false;
        const auto room = std::min<std::uint64_t>(payload - bytes.size(), pages.usable_size() - 4);
        const ByteView part = page.subspan(4, room);
        bytes.insert(bytes.end(), part.begin(), part.end());
        return true;
      },
      go_on);
  if (!is_sound || bytes.size() != payload) return std::nullopt;
  return bytes;
}

// A big-endian number with a sign.
std::int64_t signed_number(NodeView& record, std::size_t at, std::size_t bytes) {
  std::uint64_t value = (record.number(at, 1) & 0x80U) != 0 ? ~std::uint64_t{0} : 0;
  for (std::size_t i = 0; i < bytes; ++i) value = value << 8 | record.number(at + i, 1);
  return static_cast<std::int64_t>(value);
}

// One value of a record by its serial type ("Record Format"); moves `at` behind it.
std::optional<SqlValue> record_value(NodeView& record, ByteView bytes, std::uint64_t type,
                                     std::size_t& at) {
  constexpr std::array<std::size_t, 7> kNumberBytes = {0, 1, 2, 3, 4, 6, 8};
  const std::size_t start = at;
  if (type == 0) return SqlNull{};
  if (type < kNumberBytes.size()) {
    at += kNumberBytes[type];
    return signed_number(record, start, kNumberBytes[type]);
  }
  if (type == 7) {
    at += 8;
    return std::bit_cast<double>(signed_number(record, start, 8));
  }
  if (type == 8 || type == 9) return static_cast<std::int64_t>(type - 8);
  if (type < 12) return std::nullopt;
  const std::uint64_t length = (type - 12) / 2;
  if (length > bytes.size() || start > bytes.size() - length) return std::nullopt;
  at += length;
  const ByteView part = bytes.subspan(start, length);
  if (type % 2 == 1) return std::string(as_text(part));
  return SqlBlob{Bytes(part.begin(), part.end())};
}

std::optional<Row> front_of_record(ByteView bytes, std::size_t count) {
  NodeView record(bytes, 0);
  std::size_t type_at = 0;
  std::size_t at = record.varint(type_at);
  const std::size_t types_end = at;
  Row values;
  while (values.size() < count) {
    if (type_at >= types_end) return std::nullopt;
    auto value = record_value(record, bytes, record.varint(type_at), at);
    if (!value || record.is_bad()) return std::nullopt;
    values.push_back(std::move(*value));
  }
  return values;
}

}  // namespace

std::optional<SqlitePages> SqlitePages::open(FileReader& file) {
  SqliteHeader header;
  if (file.read(0, header.bytes) != SqliteHeader::kSize || !header.has_magic()) return {};
  SqlitePages pages(file);
  pages.page_size_ = header.page_size();
  const auto reserved = std::to_integer<std::uint32_t>(header.bytes[kReservedAt]);
  if (pages.page_size_ == 0 || file.size() % pages.page_size_ != 0) return {};
  pages.usable_size_ = pages.page_size_ - reserved;
  constexpr std::uint32_t kLeastUsable = 480;
  if (pages.usable_size_ < kLeastUsable) return {};
  std::uint64_t count = file.size() / pages.page_size_;
  // As SQLite reads it: what lies behind the count in the header is no part of the database.
  const std::uint32_t told = header.number_at(kCountAt);
  const bool is_told = told != 0 && header.number_at(kChangesAt) == header.number_at(kCountValidAt);
  if (is_told) count = std::min<std::uint64_t>(count, told);
  if (count > std::numeric_limits<std::uint32_t>::max()) return {};
  pages.count_ = static_cast<std::uint32_t>(count);
  pages.encoding_ = header.number_at(kEncodingAt);
  pages.first_free_trunk_ = header.number_at(kFreeTrunkAt);
  pages.is_auto_vacuum_ = header.number_at(kAutoVacuumAt) != 0;
  return pages;
}

bool SqlitePages::is_for_bookkeeping(std::uint32_t page) const noexcept {
  const auto lock_page = static_cast<std::uint32_t>(kLockByte / page_size_ + 1);
  if (page == lock_page) return true;
  if (!is_auto_vacuum_ || page < 2) return false;
  // One page of back pointers in front of as many pages as it holds, the lock page stepped over.
  const std::uint32_t group = usable_size_ / 5 + 1;
  std::uint32_t first = (page - 2) / group * group + 2;
  if (first == lock_page) ++first;
  return page == first;
}

ByteView SqlitePages::page(std::uint32_t number) {
  if (number == 0 || number > count_) return {};
  if (at_hand_) {
    if (const ByteView found = at_hand_(number); !found.empty()) return found;
  }
  const std::uint64_t offset = std::uint64_t{number - 1} * page_size_;
  if (!chunk_ || offset < piece_.offset || offset >= piece_.offset + piece_.length) {
    piece_ = file_->piece_at(offset);
    chunk_ = file_->load(piece_);
  }
  const std::uint64_t skip = offset - piece_.offset;
  if (skip + page_size_ <= piece_.length) return ByteView(*chunk_).subspan(skip, page_size_);
  copy_.resize(page_size_);
  file_->read(offset, copy_);
  return copy_;
}

PageKind kind_of(ByteView page, std::uint32_t number) {
  const std::size_t at = number == 1 ? kDatabaseHeader : 0;
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
  NodeView node(page, number);
  if (pages.encoding() != kUtf8 || page.size() < pages.usable_size()) return std::nullopt;
  const bool is_index =
      node.kind() == PageKind::index_leaf || node.kind() == PageKind::index_interior;
  if (!is_index) return std::nullopt;
  std::vector<Row> keys;
  const std::size_t cells = node.cells();
  for (std::size_t i = 0; i < cells; ++i) {
    std::size_t at = node.cell(i) + (node.is_interior() ? 4U : 0U);
    const std::uint64_t payload = node.varint(at);
    const std::uint64_t local = local_payload(payload, node.kind(), pages.usable_size());
    if (node.is_bad() || payload > kLongestRecord || at + local > page.size()) return std::nullopt;
    const ByteView on_page = ByteView(page).subspan(at, local);
    std::optional<Row> key;
    if (local == payload) {
      key = front_of_record(on_page, count);
    } else if (const auto whole =
                   whole_payload(pages, on_page, node.number(at + local, 4), payload)) {
      key = front_of_record(*whole, count);
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
    NodeView node(pages.page(trunk), 0);
    const std::uint32_t leaves = node.number(4, 4);
    if (leaves > pages.usable_size() / 4 - 2) return std::nullopt;
    for (std::uint32_t i = 0; i < leaves; ++i) {
      const std::uint32_t page = node.number(8 + 4 * std::size_t{i}, 4);
      if (page == 0 || page > pages.count()) return std::nullopt;
      free.insert(page);
    }
    trunk = node.number(0, 4);
  }
  return free;
}

bool for_each_overflow_page(SqlitePages& pages, std::uint32_t number,
                            const std::function<bool(std::uint32_t)>& take) {
  const ByteView view = pages.page(number);
  NodeView node(view, number);
  if (node.kind() == PageKind::table_interior) return true;
  if (node.kind() == PageKind::other) return false;
  // First the cells, then their chains: reading one gives up the view of this page.
  std::vector<std::pair<std::uint32_t, std::uint64_t>> chains;
  const std::size_t cells = node.cells();
  for (std::size_t i = 0; i < cells; ++i) {
    std::size_t at = node.cell(i);
    if (node.kind() == PageKind::index_interior) at += 4;
    const std::uint64_t payload = node.varint(at);
    if (node.kind() == PageKind::table_leaf) node.varint(at);
    const std::uint64_t local = local_payload(payload, node.kind(), pages.usable_size());
    if (local < payload) chains.emplace_back(node.number(at + local, 4), payload - local);
    if (node.is_bad()) return false;
  }
  bool go_on = true;
  for (const auto& [first, bytes] : chains) {
    if (!follow_chain(pages, first, bytes, take, go_on)) return false;
    if (!go_on) break;
  }
  return true;
}

}  // namespace varve
