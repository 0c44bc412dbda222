// Tables of a dump with all that is theirs, as a list for pg_restore --use-list.
//
// pg_restore --table takes the table and its rows alone: no default of a serial column, no primary
// key, index, check, trigger or grant. Here a table comes with
//
//   what is its own    rows, defaults, the sequences of its columns, keys and checks, indexes,
//                      statistics, triggers, rules, policies, grants, comments; the partitions of a
//                      partitioned one
//   what it builds on  types, functions, extensions, schemas, tables that it inherits from (without
//                      rows): where the target does not have them
//   foreign keys       to tables that are chosen as well or are in the target
//
// What is left out is said. Views that read it are not its own; they are chosen by name.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tools/sources/postgres_archive.h"

namespace varve {

// Whether the database that is restored into has what this entry makes.
using IsInTarget = std::function<bool(const ArchiveEntry& entry)>;

struct DumpSelection {
  std::vector<int> entries;         // dump ids in the order of restoring
  std::vector<std::string> tables;  // "schema.name": those that were chosen, with partitions
  std::vector<std::string> notes;   // what is left out, or comes besides; a line each
};

// Positions in `contents.entries` of the tables, views and sequences called so: "orders", or
// "public.orders" where several schemas have one. Throws a not_found Error that says what there is,
// a usage one where a name means several.
std::vector<std::size_t> find_tables(const ArchiveContents& contents,
                                     const std::vector<std::string>& names);

DumpSelection select_tables(const ArchiveContents& contents, const std::vector<std::size_t>& tables,
                            const IsInTarget& is_in_target);

// The rows of the dump, or of these tables, in an order in which foreign keys find what they refer
// to.
struct RowOrder {
  std::vector<int> entries;
  // Tables that refer to each other in a circle: no order does it.
  std::vector<std::string> circle;
};
RowOrder order_rows(const ArchiveContents& contents, const DumpSelection* selection);

}  // namespace varve
