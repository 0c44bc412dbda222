// The fixture of tests that back up a PostgreSQL server with the varve program.
#pragma once

#include <fmt/format.h>

#include <string>

#include "tests/support/postgres_server.h"
#include "tests/support/shell.h"
#include "tests/system/varve_program.h"

namespace varve {

class PostgresProgram : public VarveProgram {
 protected:
  void SetUp() override {
    init();
    server_.sql("postgres", "CREATE DATABASE shop");
  }
  std::string shop(const std::string& user = "postgres") const { return server_.uri("shop", user); }
  std::string sql(const std::string& text) const { return server_.sql("shop", text); }

  // Two schemas, numbers, text, jsonb, bytea, times, an empty table, a sequence, a view, a
  // partitioned table, large objects, an extension, roles.
  void fill_shop() const {
    sql(R"(
      CREATE EXTENSION pg_trgm;
      CREATE ROLE clerk LOGIN PASSWORD 'secret of the clerk';
      CREATE SCHEMA "Odd schema";
      CREATE TABLE orders (id bigserial PRIMARY KEY, amount numeric(12,2), placed timestamptz,
                           note text, extra jsonb, raw bytea);
      INSERT INTO orders (amount, placed, note, extra, raw)
        SELECT i * 1.25, '2026-01-01'::timestamptz + i * interval '1 minute',
          CASE i % 7 WHEN 0 THEN NULL WHEN 1 THEN E'two\nlines\tand \\ more' ELSE md5(i::text) END,
          jsonb_build_object('n', i, 'tags', ARRAY['a', 'b']), decode(md5(i::text), 'hex')
        FROM generate_series(1, 20000) i;
      CREATE INDEX ON orders USING gin (note gin_trgm_ops);
      CREATE TABLE "Odd schema"."Odd ""table""" (a int, b text);
      INSERT INTO "Odd schema"."Odd ""table""" SELECT i, repeat('x', i) FROM generate_series(1, 300) i;
      CREATE TABLE nothing (a int);
      CREATE TABLE no_columns ();
      INSERT INTO no_columns DEFAULT VALUES;
      CREATE TABLE parted (a int) PARTITION BY RANGE (a);
      CREATE TABLE parted_low PARTITION OF parted FOR VALUES FROM (0) TO (100);
      CREATE TABLE parted_high PARTITION OF parted FOR VALUES FROM (100) TO (1000);
      INSERT INTO parted SELECT i FROM generate_series(0, 499) i;
      CREATE VIEW big_orders AS SELECT * FROM orders WHERE amount > 100;
      GRANT SELECT ON orders TO clerk;
      SELECT lo_from_bytea(4000000000, convert_to(repeat('large object ', 1000), 'UTF8'));
      SELECT lo_from_bytea(17, ''))");
  }
  // All rows of the tables, in an order that is the same in a restored database.
  std::string rows_of(const std::string& database) const {
    std::string all;
    for (const char* table :
         {"orders", "\"Odd schema\".\"Odd \"\"table\"\"\"", "nothing", "parted"}) {
      all += server_.sql(database, fmt::format("SELECT * FROM {} ORDER BY 1", table)) + "--\n";
    }
    all += server_.sql(database, "SELECT count(*) FROM no_columns");
    all += server_.sql(database,
                       "SELECT oid, md5(lo_get(oid)) FROM pg_largeobject_metadata "
                       "ORDER BY oid");
    return all;
  }

  void expect_no_snapshot() const { EXPECT_EQ(names(), Words{}); }

  PostgresServer server_;
};

}  // namespace varve
