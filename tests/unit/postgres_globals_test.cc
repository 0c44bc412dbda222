#include "tools/drill/postgres_globals.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

using Statements = std::vector<std::string>;

TEST(PostgresGlobals, AreCutAtTheirSemicolons) {
  EXPECT_EQ(
      globals_for_scratch("--\n-- Roles; all\n--\n\\restrict x\nCREATE ROLE a;\n"
                          "ALTER ROLE a WITH LOGIN PASSWORD 'x;y''z';CREATE ROLE \"o;dd\"\n;\n"
                          "COMMENT ON ROLE a IS E'it\\'s; it\n--2nd line';\n\\unrestrict x\n"),
      (Statements{"CREATE ROLE a", "ALTER ROLE a WITH LOGIN PASSWORD 'x;y''z'",
                  "CREATE ROLE \"o;dd\"", "COMMENT ON ROLE a IS E'it\\'s; it\n--2nd line'"}));
  EXPECT_EQ(globals_for_scratch(""), Statements{});
  EXPECT_EQ(globals_for_scratch("SET a = 'open"), Statements{"SET a = 'open"});
}

// A tablespace's folder may be there, and in use.
TEST(PostgresGlobals, LeaveOutWhatBelongsToTheOldServer) {
  EXPECT_EQ(globals_for_scratch("CREATE TABLESPACE fast OWNER a LOCATION '/srv/fast';\n"
                                "ALTER TABLESPACE fast SET (random_page_cost=1);\n"
                                "GRANT ALL ON TABLESPACE fast TO a;\n"
                                "ALTER ROLE a SET default_tablespace TO 'fast';\n"
                                "ALTER ROLE a IN DATABASE shop SET search_path TO 'x';\n"
                                "ALTER ROLE a SET work_mem TO '1GB';\n"
                                "COMMENT ON ROLE a IS 'may use TABLESPACE fast';\n"
                                "CREATE ROLE \"the TABLESPACE role\";\n"),
            (Statements{"ALTER ROLE a SET work_mem TO '1GB'",
                        "COMMENT ON ROLE a IS 'may use TABLESPACE fast'",
                        "CREATE ROLE \"the TABLESPACE role\""}));
}

}  // namespace
}  // namespace varve
