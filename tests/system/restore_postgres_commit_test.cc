// A connection that breaks at the COMMIT of a restore.
#include "tests/support/postgres_proxy.h"
#include "tests/system/blocking_session.h"
#include "tests/system/restore_postgres_program.h"

namespace varve {
namespace {

using Cut = PostgresProxy::Cut;

class RestorePostgresCommit : public RestorePostgres {
 protected:
  void SetUp() override {
    RestorePostgres::SetUp();
    must({"ingest", shop(), "-q"});
    sql("DELETE FROM orders WHERE id > 100");
  }
  ProgramResult replace_shop(const PostgresProxy& proxy) const {
    const ProgramResult result =
        varve({"restore", "latest:shop.pgdump", proxy.uri("shop"), "--force", "--yes"});
    EXPECT_TRUE(proxy.has_cut());
    return result;
  }
  std::string count() const { return sql("SELECT count(*) FROM orders"); }

  static constexpr const char* kSwap = "RENAME TO \"shop\"";
};

TEST_F(RestorePostgresCommit, TheSwapBeforeTheServerHadIt) {
  const PostgresProxy proxy(server_.socket_folder(), kSwap, Cut::before);
  EXPECT_EQ(replace_shop(proxy).status, 1);
  EXPECT_EQ(count(), "100\n");
  EXPECT_EQ(kept(), "");
  EXPECT_EQ(names().size(), 1U);
}

TEST_F(RestorePostgresCommit, TheSwapBehindTheServersBack) {
  const PostgresProxy proxy(server_.socket_folder(), kSwap, Cut::after);
  const ProgramResult result = replace_shop(proxy);
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(count(), "20000\n");
  EXPECT_NE(kept(), "");
  EXPECT_EQ(names().size(), 2U);
  must({"restore", "--undo", shop(), "--yes"});
  EXPECT_EQ(count(), "100\n");
}

TEST_F(RestorePostgresCommit, TheSwapWhoseServerIsStillAtWork) {
  BlockingSession other(server_, "postgres");
  const PostgresProxy proxy(server_.socket_folder(), kSwap, Cut::while_at_work, [&] {
    other.hold("COMMENT ON DATABASE shop IS 'whoever renames it waits'",
               "SELECT count(*) FROM pg_stat_activity WHERE pid = ");
  });
  const ProgramResult result = replace_shop(proxy);
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(count(), "20000\n");
  EXPECT_NE(kept(), "");
  EXPECT_EQ(names().size(), 2U);
}

// What a pooler says where it has lost the server. Its own session goes on, idle.
TEST_F(RestorePostgresCommit, TheSwapThatAPoolerHasLost) {
  const PostgresProxy proxy(server_.socket_folder(), kSwap, Cut::after_with_word);
  const ProgramResult result = replace_shop(proxy);
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(count(), "20000\n");
  EXPECT_NE(kept(), "");
}

// It is done, and what was there before stays stored.
TEST_F(RestorePostgresCommit, TheSwapWhereTheServerCannotBeAsked) {
  const PostgresProxy proxy(server_.socket_folder(), kSwap, Cut::after_for_good);
  const ProgramResult result = replace_shop(proxy);
  EXPECT_EQ(result.status, 1);
  expect_holds(result.err, "whether the databases have their new names cannot be found out");
  EXPECT_EQ(count(), "20000\n");
  EXPECT_EQ(names().size(), 2U);
}

TEST_F(RestorePostgresCommit, RowsThatWereLoadedInPlace) {
  sql("TRUNCATE orders CASCADE");
  const PostgresProxy proxy(server_.socket_folder(), "COPY public.orders", Cut::after);
  const ProgramResult result = varve({"restore", "latest:shop.pgdump", proxy.uri("shop"), "--table",
                                      "orders", "--data-only", "--force", "--yes"});
  EXPECT_TRUE(proxy.has_cut());
  EXPECT_EQ(result.status, 1);
  expect_holds(result.err, "it was done, or nothing of it");
  EXPECT_EQ(count(), "20000\n");
  ASSERT_EQ(names().size(), 2U);
  expect_holds(result.err, "safety snapshot " + names().back());
}

}  // namespace
}  // namespace varve
