// What an archive of pg_dump holds, by the names that people use.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "tools/sources/postgres_archive.h"

namespace varve {

// Which entries of an archive are asked for: its tables, the rows of them…
using IsMeant = std::function<bool(const ArchiveEntry& entry)>;

// The position in `contents.entries` of the one called so: "orders", or "public.orders" where
// several schemas have one. Nothing where there is none; throws a usage Error that names them where
// the name means several.
std::optional<std::size_t> find_entry(const ArchiveContents& contents, const std::string& name,
                                      const IsMeant& is_meant);

// For a message that says what there is: "public.orders, public.users and 3 more", or "none".
std::string names_in(const ArchiveContents& contents, const IsMeant& is_meant);

}  // namespace varve
