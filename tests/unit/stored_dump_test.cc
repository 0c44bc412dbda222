#include "tools/sources/stored_dump.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace varve {
namespace {

TEST(StoredDump, APgRestoreOlderThanTheDumpIsRefusedAndThePackageNamed) {
  StoredDump dump;
  dump.path = "shop.pgdump";
  dump.version = "99.1";
  expect_error(ErrorCode::failed, "install the package postgresql-client-99",
               [&] { programs_for(dump, PostgresProgramPlaces::standard()); });
}

}  // namespace
}  // namespace varve
