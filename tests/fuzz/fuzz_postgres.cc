#include <algorithm>

#include "tests/fuzz/expect.h"
#include "tests/fuzz/targets.h"
#include "tools/compare/dump_tables.h"
#include "tools/compare/stored_definition.h"
#include "tools/sources/copy_rows.h"
#include "tools/sources/inflater.h"
#include "tools/sources/postgres_archive.h"

namespace varve::fuzz {
namespace {

// In pieces of seven bytes, so that every field is cut somewhere.
ArchiveInput input_of(ByteView bytes) {
  return ArchiveInput([bytes](MutableBytes out) mutable {
    const std::size_t count = std::min({out.size(), bytes.size(), std::size_t{7}});
    std::copy_n(bytes.begin(), count, out.begin());
    bytes = bytes.subspan(count);
    return count;
  });
}

void take_data(const ArchiveContents& contents, const ArchiveFilePieces& read) {
  CopyRows rows;
  Inflater inflater;
  std::size_t unpacked = 0;
  for (ByteView piece = read(); !piece.empty(); piece = read()) {
    rows.add(piece);
    if (contents.compression != "gzip" || unpacked > (1u << 20)) continue;
    inflater.add(piece, [&](ByteView some) { unpacked += some.size(); });
  }
  rows.rows();
}

void use(const ArchiveContents& contents) {
  partitioned_tables(contents);
  for (const ArchiveEntry& entry : contents.entries) {
    columns_of_copy(entry.copy);
    if (entry.is_table_data()) definition_of(contents, entry.schema, entry.name);
  }
}

}  // namespace

void postgres(ByteView input) {
  answer([&] {
    ArchiveInput archive = input_of(input);
    const std::optional<ArchiveContents> contents = read_custom_contents(archive);
    if (!contents) return;
    use(*contents);
    split_custom_data(archive, *contents,
                      [&](const ArchiveEntry&, const std::string&, const ArchiveFilePieces& read) {
                        take_data(*contents, read);
                      });
  });
  answer([&] {
    ArchiveInput archive = input_of(input);
    if (const auto contents = read_directory_contents(archive)) use(*contents);
  });
}

}  // namespace varve::fuzz
