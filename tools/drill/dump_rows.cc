#include "tools/drill/dump_rows.h"

#include <fmt/format.h>

#include <optional>

#include "store/core/error.h"
#include "tools/sources/copy_rows.h"
#include "tools/sources/postgres_archive.h"

namespace varve {
namespace {

constexpr std::size_t kPiece = 1u << 20;

// Calls `take` with all of the file's bytes; false where there is no such file.
template <class Take>
bool read_through(const Path& path, const Take& take) {
  const std::optional<File> file = File::open_if_exists(path);
  if (!file) return false;
  Bytes buffer(kPiece);
  std::uint64_t offset = 0;
  while (const std::size_t count = file->read_at(offset, buffer)) {
    take(ByteView(buffer).first(count));
    offset += count;
  }
  return true;
}

std::optional<ArchiveContents> contents_of(const Path& folder) {
  const File toc = File::open_read(folder / "toc.dat");
  ArchiveInput input(in_order([&](auto offset, auto out) { return toc.read_at(offset, out); }));
  try {
    return read_directory_contents(input);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt) throw;
    return std::nullopt;
  }
}

}  // namespace

DumpRows rows_in_directory(const Path& folder) {
  DumpRows rows;
  const std::optional<ArchiveContents> contents = contents_of(folder);
  if (!contents) return rows;
  for (const ArchiveEntry& entry : contents->entries) {
    if (!entry.is_table_data() || !entry.has_data) continue;
    CopyRows counted;
    if (!read_through(folder / entry.file, [&](ByteView piece) { counted.add(piece); })) continue;
    if (const auto count = counted.rows()) {
      rows.counts[entry.table()] = *count;
    } else {
      rows.faults.push_back(fmt::format("the rows of {} break off", entry.table()));
    }
  }
  return rows;
}

}  // namespace varve
