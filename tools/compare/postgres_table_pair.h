// A table of a live PostgreSQL database and, in a temporary table of the session, its stored rows:
// what is known of both, and what SQL says of them.
//
// Values are compared as the text that PostgreSQL makes of them, so that types without an equality
// of their own (json, xml, point) are compared too.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/compare/recovery.h"

namespace varve {

struct PostgresTablePair {
  struct Column {
    std::string name;
    std::string quoted = {};  // its name for SQL
    std::string type = {};    // as SQL names it
    bool is_fixed = false;    // GENERATED ALWAYS AS IDENTITY: not for UPDATE
  };

  std::size_t number = 0;              // in the dump
  std::string live;                    // its name as SQL has it: public."Orders"
  std::string own_rows;                // for FROM: not those of tables that inherit from it
  std::string scratch;                 // of the temporary table
  std::string chosen;                  // the stored rows that are asked for, for FROM
  std::vector<Column> columns;         // that both have
  std::vector<std::string> generated;  // columns of the live one
  std::vector<Column> key;             // primary; empty: none, and whole rows are compared
  bool refers_to_itself = false;       // by a foreign key
  TableRecovery found;

  bool is_recovered() const { return found.refusal.empty(); }
  bool is_common(const std::string& name) const;
  bool is_of_key(const Column& column) const;
  std::vector<Column> settable() const;  // what an UPDATE may change
};

// The pattern for each column, {0} its quoted name, {1} its type: "s.{0}::text".
std::string for_each_column(const std::vector<PostgresTablePair::Column>& columns,
                            std::string_view pattern, std::string_view separator = ", ");

// Stored rows that the live table has not, with the columns that both have: a SELECT.
std::string missing_rows(const PostgresTablePair& table);

// Which rows come back.
struct RecoveredKinds {
  bool missing = false;
  bool changed = false;
};
// Those rows as they will be: a SELECT; empty where there are none of these kinds.
std::string rows_to_be(const PostgresTablePair& table, const RecoveredKinds& kinds);

// Where there is a key, of a stored row s and a live one l: that they have the same, and that these
// columns differ.
std::string key_matches(const PostgresTablePair& table);
std::string differs(const std::vector<PostgresTablePair::Column>& columns);

}  // namespace varve
