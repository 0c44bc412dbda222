// What a dump's own SQL says of a table: the types of its columns, its primary key, and the table
// that it is a partition of.
//
// The statements are read, never run. Types are as the server named them (format_type), so that
// they can be held against those of a live table.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tools/sources/postgres_archive.h"

namespace varve {

struct StoredDefinition {
  std::map<std::string, std::string> types;  // by column; those that the dump does not tell are out
  std::vector<std::string> key;              // primary; empty: none
};

// Nothing where the dump has rows of the table alone.
std::optional<StoredDefinition> definition_of(const ArchiveContents& contents,
                                              const std::string& schema, const std::string& table);

// The tables that have partitions, and the rows of those, and of theirs, in the dump's order: as
// positions in `contents.entries`.
std::map<std::size_t, std::vector<std::size_t>> partitioned_tables(const ArchiveContents& contents);

}  // namespace varve
