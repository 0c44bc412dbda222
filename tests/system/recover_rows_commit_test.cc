// A connection that breaks at the COMMIT of what brings rows back.
#include "tests/support/postgres_proxy.h"
#include "tests/system/blocking_session.h"
#include "tests/system/postgres_program.h"

namespace varve {
namespace {

using Cut = PostgresProxy::Cut;

class RecoverRowsCommit : public PostgresProgram {
 protected:
  void SetUp() override {
    PostgresProgram::SetUp();
    sql("CREATE TABLE users (id int PRIMARY KEY, name text); INSERT INTO users SELECT i, 'u' || i "
        "FROM generate_series(1, 50) i");
    must({"ingest", shop(), "--time", "2025-11-20", "-q"});
    sql("DELETE FROM users WHERE id > 40");
  }
  ProgramResult apply(const PostgresProxy& proxy) const {
    const ProgramResult result = varve({"recover-rows", "2025-11-20:shop.pgdump", proxy.uri("shop"),
                                        "--table", "users", "--apply", "--yes"});
    EXPECT_TRUE(proxy.has_cut());
    return result;
  }
  std::string count() const { return sql("SELECT count(*) FROM users"); }
  static constexpr const char* kMark = "INSERT INTO \"public\".\"users\"";
};

TEST_F(RecoverRowsCommit, BeforeTheServerHadIt) {
  const PostgresProxy proxy(server_.socket_folder(), kMark, Cut::before);
  const ProgramResult result = apply(proxy);
  EXPECT_EQ(result.status, 1);
  expect_holds(result.err, "; nothing was changed\n");
  EXPECT_EQ(count(), "40\n");
  EXPECT_EQ(names().size(), 1U);
}

TEST_F(RecoverRowsCommit, BehindTheServersBack) {
  const PostgresProxy proxy(server_.socket_folder(), kMark, Cut::after);
  const ProgramResult result = apply(proxy);
  EXPECT_EQ(result.status, 0) << result.err;
  expect_holds(result.out, "inserted 10 rows into public.users\n");
  expect_holds(result.err, "at the COMMIT, which the server has done all the same");
  EXPECT_EQ(count(), "50\n");
  EXPECT_EQ(names().size(), 2U);
}

TEST_F(RecoverRowsCommit, WhileTheServerIsAtWork) {
  sql("CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS "
      "'BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NULL; END'; "
      "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON users INITIALLY DEFERRED "
      "FOR EACH ROW EXECUTE FUNCTION wait()");
  BlockingSession other(server_, "shop");
  const PostgresProxy proxy(server_.socket_folder(), kMark, Cut::while_at_work, [&] {
    other.hold("SELECT pg_advisory_xact_lock(7)", "SELECT txid_status(");
  });
  const ProgramResult result = apply(proxy);
  EXPECT_EQ(result.status, 0) << result.err;
  expect_holds(result.out, "inserted 10 rows into public.users\n");
  EXPECT_EQ(count(), "50\n");
}

TEST_F(RecoverRowsCommit, AsAPoolerSaysThatItLostTheServer) {
  const PostgresProxy proxy(server_.socket_folder(), kMark, Cut::after_with_word);
  const ProgramResult result = apply(proxy);
  EXPECT_EQ(result.status, 0) << result.err;
  expect_holds(result.err, "at the COMMIT, which the server has done all the same");
  EXPECT_EQ(count(), "50\n");
}

// What was done may have to be undone: the snapshot of before stays.
TEST_F(RecoverRowsCommit, WhereTheServerCannotBeAskedItSaysHowToFindOut) {
  const PostgresProxy proxy(server_.socket_folder(), kMark, Cut::after_for_good);
  const ProgramResult result = apply(proxy);
  EXPECT_EQ(result.status, 1);
  expect_holds(result.err, "whether it was done cannot be found out (cannot connect");
  const std::size_t question = result.err.find("SELECT txid_status(");
  ASSERT_NE(question, std::string::npos) << result.err;
  const std::size_t end = result.err.find(')', question);
  EXPECT_EQ(sql(result.err.substr(question, end + 1 - question)), "committed\n");
  ASSERT_EQ(names().size(), 2U);
  expect_holds(result.err, "as it was before: snapshot " + names().back());
}

}  // namespace
}  // namespace varve
