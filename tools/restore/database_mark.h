// What tells a database that a restore made or put aside from one that is only called so: its name,
// and a line in front of its comment (COMMENT ON DATABASE).
//
//   varve kept of=shop since=2026-11-21T08:14:40Z repository=6f0c… safety=2026-11-21T08-14-40Z
//   (the comment that it had)
//
// The name alone says nothing, as anybody may call a database shop_before_school, and as a server
// cuts long names, so that two databases may share the beginning that is left. The line alone says
// nothing either: somebody may have given a kept database a name of his own, to keep it.
//
// Rejected: a table in the database, which would be dumped with it; a table elsewhere, which other
// servers and other users do not see.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "store/core/time.h"

namespace varve {

struct DatabaseMark {
  enum class State {
    filling,  // NAME_restoring_DATE: not complete, and never was under its name
    kept,     // NAME_before_DATE: what was NAME until then
  };
  State state = State::filling;
  std::string of;          // the database whose name it had, or shall get
  Timestamp since;         // when it was made, or put aside
  std::string repository;  // whose restore that was: the repository's id
  std::string safety;      // the name of the safety snapshot of it; empty: none was taken
  std::string comment;     // the one that it has but for this line
};

// As a database's comment, and back; nothing where no such line stands in front.
std::string to_comment(const DatabaseMark& mark);
std::optional<DatabaseMark> parse_mark(const std::string& comment);

// "shop_before_20261121_081440", with _2 behind it for the second one. Of a long name the front is
// left: a server keeps 63 bytes.
std::string marked_name(const std::string& database, DatabaseMark::State state, Timestamp since,
                        int number = 1);
// Whether `name` is such a name of `database`, whatever its date and number.
bool is_marked_name(const std::string& name, const std::string& database,
                    DatabaseMark::State state);

}  // namespace varve
