// Whether the parents of rows that are to come back are there, by one foreign key of a SQLite
// table.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/compare/recovery.h"
#include "tools/compare/sqlite_query.h"
#include "tools/compare/sqlite_schema.h"

namespace varve {

// Not thread-safe; what the setting names must outlive it.
class ParentCheck {
 public:
  struct Setting {
    const ComparedDatabase& live;
    const TableShape* live_parent;  // null: there is no such table
    const ComparedDatabase& stored;
    const TableShape* stored_parent;
    bool is_recovered = false;  // the parents that are missing come back too
    std::string where;          // those for which it holds
  };
  // `columns`: of the rows.
  ParentCheck(const ForeignKey& key, const std::vector<std::string>& columns,
              const Setting& setting);

  void look_at(const Row& row);
  const OrphanRows& found() const { return found_; }

 private:
  std::vector<std::string> names_;
  std::vector<std::size_t> at_;  // the key's columns in a row
  bool is_usable_ = false;       // else SQLite itself will say what is wrong with the key
  bool is_recovered_;
  std::optional<SqliteQuery> live_;
  std::optional<SqliteQuery> stored_;
  OrphanRows found_;
};

}  // namespace varve
