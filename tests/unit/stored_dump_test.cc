#include "tools/restore/stored_dump.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"
#include "tools/restore/postgres_admin.h"

namespace varve {
namespace {

TEST(StoredDump, APgRestoreOlderThanTheDumpIsRefusedAndThePackageNamed) {
  StoredDump dump;
  dump.path = "shop.pgdump";
  dump.version = "99.1";
  expect_error(ErrorCode::failed, "install the package postgresql-client-99",
               [&] { programs_for(dump, PostgresProgramPlaces::standard()); });
}

TEST(PostgresAdmin, NamesStayWithinWhatAServerKeeps) {
  EXPECT_EQ(PostgresAdmin::name_with("shop", "_before_20261121_020000"),
            "shop_before_20261121_020000");
  const std::string longest = PostgresAdmin::name_with(std::string(63, 'x'), "_before_1");
  EXPECT_EQ(longest, std::string(54, 'x') + "_before_1");
  // No letter is cut in two.
  EXPECT_EQ(PostgresAdmin::name_with(std::string(53, 'x') + "ä", "_before_1"),
            std::string(53, 'x') + "_before_1");
}

}  // namespace
}  // namespace varve
