// What a SQLite database consists of: its tables as they are compared, and its schema as text.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/compare/compared_database.h"

namespace varve {

// As SQLite compares names: without case, of ASCII letters.
bool same_name(const std::string& a, const std::string& b);
struct NameOrder {
  bool operator()(const std::string& a, const std::string& b) const;
};

// A row of sqlite_schema.
struct SchemaObject {
  std::string type;  // "table", "index", "view", "trigger"
  std::string name;
  std::string table;
  std::string sql;
  std::uint32_t root = 0;  // page; 0 where it has no b-tree
};

struct TableColumn {
  std::string name;
  std::string type;
  bool is_required = false;  // NOT NULL and no default: an INSERT has to name it
};

struct ForeignKey {
  std::string parent;                // table
  std::vector<std::string> columns;  // of the child
  std::vector<std::string> parent_columns;
};

// A table with rows of its own: no view, no virtual table.
struct TableShape {
  std::string name;
  std::string sql;
  std::uint32_t root = 0;
  bool has_rowid = true;
  bool is_internal = false;          // sqlite_sequence, sqlite_stat1…
  bool is_shadow = false;            // a virtual table keeps its rows in it
  std::vector<TableColumn> columns;  // without generated ones
  std::vector<std::string> generated;
  std::vector<std::string> key;   // the primary key's columns in its order; empty: none
  bool rowid_is_key = false;      // INTEGER PRIMARY KEY
  std::string rowid;              // how SQL names the rowid; empty: columns took all its names
  bool has_other_unique = false;  // a unique index besides the primary key
  std::vector<ForeignKey> foreign_keys;

  std::vector<std::string> column_names() const;
  // Behind INSERT and UPDATE of rows that may not cost others: " OR ABORT" where a constraint of it
  // may say ON CONFLICT REPLACE, which deletes the rows in the way. Else nothing, as it would take
  // the word from the conflict clauses of the table's triggers.
  std::string_view conflict_words() const;
  const TableColumn* find(const std::string& column) const;  // nullptr: none; case counts not
};

struct SqliteSchema {
  std::vector<SchemaObject> objects;  // what has an SQL text, in the order of the schema
  std::map<std::string, TableShape, NameOrder> tables;
  // Names of its virtual tables, whose rows lie in other tables.
  std::vector<std::string> virtual_tables;

  const TableShape* find(const std::string& table) const;  // nullptr: none; case counts not
  bool is_virtual(const std::string& table) const;         // likewise
  // The virtual table whose module keeps its rows in this one; empty: it is a table of its own.
  std::string virtual_table_of(const TableShape& table) const;
  // The tables in which a module keeps the rows of a virtual one.
  std::vector<std::string> tables_behind(const std::string& virtual_table) const;
};

// Of all objects, in any of these.
std::vector<std::string> names_in(const std::vector<const SqliteSchema*>& schemas);

// Throws where the schema cannot be read.
SqliteSchema read_schema(const ComparedDatabase& database);

// A virtual table as if its rows were its own: columns alone, no key, no rowid.
TableShape read_virtual_shape(const ComparedDatabase& database, const std::string& name);

}  // namespace varve
