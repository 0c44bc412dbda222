// Brings rows of single tables out of a stored PostgreSQL dump back into a live database.
//
// The stored rows go into temporary tables of the session, made after the live tables' own columns,
// and the server compares. Nothing of the dump's schema is run, no other session sees anything, and
// the server drops them when the session ends, however it ends. (Rejected: a scratch schema, which
// pg_restore cannot be told, and a scratch database, which takes the right to make one and every
// extension and type once more; both stay behind when the machine dies.)
//
// Values are compared and printed as the text that PostgreSQL makes of them, so that types without
// an equality of their own (json, xml, point) do too.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "tools/compare/dump_tables.h"
#include "tools/compare/recovery.h"
#include "tools/sources/postgres_connection.h"

namespace varve {

class PostgresRecovery {
 public:
  // Both must outlive it; the session is its own. Loads the stored rows of the tables that the
  // request names (at least one). Throws Error; nothing is changed.
  PostgresRecovery(const DumpTables& dump, PostgresConnection& connection, RecoveryRequest request);
  ~PostgresRecovery();

  // What there is to recover. Changes nothing.
  std::vector<TableRecovery> survey(const RecoveryListener& listener);
  // Does it, in one transaction, for tables without a refusal; parents come before their children.
  // Throws an Error with the server's words, and the database is as it was.
  std::vector<TableRecovery> apply();

 private:
  struct Column {
    std::string name;
    std::string type;       // as SQL names it
    bool is_fixed = false;  // GENERATED ALWAYS AS IDENTITY: not for UPDATE
  };
  struct Table {
    std::size_t number = 0;              // in the dump
    std::string live;                    // its name as SQL has it: public."Orders"
    std::string scratch;                 // of the temporary table
    std::vector<Column> columns;         // that both have
    std::vector<std::string> generated;  // columns of the live one
    std::vector<std::string> key;
    bool refers_to_itself = false;  // by a foreign key
    TableRecovery found;
  };

  void prepare(Table& table);
  void note_columns(Table& table, const std::vector<std::string>& stored);
  void load();
  void examine_key(Table& table);
  void order_by_parents();
  std::string columns_of(const Table& table, const std::string& prefix) const;
  std::string missing_rows(const Table& table) const;
  std::string differing_rows(const Table& table) const;
  std::string rows_to_be(const Table& table) const;
  std::string chosen_rows(const Table& table) const;
  std::string key_matches(const Table& table) const;
  std::string begin_gathering(const Table& table, const RecoveryListener& listener) const;
  void tell_rows(Table& table, bool is_missing, const RecoveryListener& listener);
  void find_orphans(Table& table);
  void insert(Table& table);
  void update(Table& table);
  std::string identifiers(const std::vector<std::string>& names, const std::string& prefix) const;

  const DumpTables& dump_;
  PostgresConnection& connection_;
  const RecoveryRequest request_;
  std::vector<Table> tables_;
};

}  // namespace varve
