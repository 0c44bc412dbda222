// The rows of single tables out of a stored PostgreSQL dump.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/read/chunk_reader.h"
#include "store/snapshots/snapshot.h"
#include "tools/compare/stored_definition.h"
#include "tools/sources/stored_dump.h"

namespace varve {

class DumpTables {
 public:
  // `path`: of the dump in the snapshot, the folder NAME.pgdump or the file NAME.dump. Both others
  // must outlive it. Throws a usage Error where there is no such dump there (a plain script cannot
  // be taken apart), a corrupt Error on a damaged one.
  DumpTables(ChunkReader& chunks, const Snapshot& snapshot, const std::string& path);

  // The encoding of its rows, as the server calls it ("UTF8"); empty where that is not known.
  std::string encoding() const;
  // What `name` means ("orders", "public.orders"): its place in table(). Throws a not_found or
  // usage Error that says what there is.
  std::size_t find(const std::string& name) const;
  const ArchiveEntry& table(std::size_t number) const { return contents_.entries[number]; }
  // The entries that hold its rows, for table(): a partitioned one has those of its partitions, any
  // other is its own.
  std::vector<std::size_t> rows_of(std::size_t number) const;
  // What the dump says of its columns and its key; nothing where it has its rows alone.
  std::optional<StoredDefinition> definition(std::size_t number) const;
  // The columns that the rows of an entry have, in order and in UTF-8.
  std::vector<std::string> columns(std::size_t rows) const;

  // Rows in COPY's text form, without the end mark; an empty piece is the end.
  using TakeRows = std::function<void(std::size_t number, const std::function<ByteView()>& next)>;
  // For each of these entries. Every chunk is checked against its name.
  void read(const std::vector<std::size_t>& numbers, const TakeRows& take) const;

 private:
  void read_archive(const std::vector<std::size_t>& numbers, const TakeRows& take) const;

  ChunkReader& chunks_;
  const Snapshot& snapshot_;
  const StoredDump dump_;
  const ArchiveContents contents_;
  const std::map<std::size_t, std::vector<std::size_t>> partitioned_;
};

// The columns of a COPY statement as pg_dump writes it; empty where it has no list.
std::vector<std::string> columns_of_copy(const std::string& statement);

}  // namespace varve
