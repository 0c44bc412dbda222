#include <algorithm>

#include "tests/fuzz/expect.h"
#include "tests/fuzz/memory_repository.h"
#include "tests/fuzz/targets.h"
#include "tools/compare/sqlite_btree.h"

namespace varve::fuzz {
namespace {

constexpr std::uint32_t kPages = 16;

FileEntry entry_of(std::size_t size) {
  FileEntry entry;
  entry.path = "database";
  entry.extent_size = kLargestChunk;
  entry.size = size;
  entry.root = ChunkRef{};
  return entry;
}

// Every page is taken for the root of each kind of tree.
void walk(SqlitePages& pages) {
  free_pages(pages);
  for (std::uint32_t page = 0; page <= std::min(pages.count(), kPages); ++page) {
    table_leaves(pages, page);
    index_pages(pages, page);
    index_keys(pages, page, 3);
    for_each_overflow_page(pages, page, [&](std::uint32_t found) {
      must(found != 0 && found <= pages.count(), "a page that is not there");
      return true;
    });
    pages.is_for_bookkeeping(page);
  }
}

}  // namespace

void btree(ByteView input) {
  if (input.empty()) return;
  Encoder object;
  ObjectHeader header;
  header.plain_length = static_cast<std::uint32_t>(input.size());
  encode_object(object, header, input);
  MemoryRepository repository(object.buffer());
  FileReader reader(repository.chunks(), entry_of(input.size()));
  answer([&] {
    if (std::optional<SqlitePages> pages = SqlitePages::open(reader)) walk(*pages);
  });
}

}  // namespace varve::fuzz
