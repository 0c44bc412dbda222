// PostgreSQL databases of a real server: stored, opened in place, restored, and compared.
#include "tests/support/mounted_repository.h"
#include "tests/system/postgres_program.h"

namespace varve {
namespace {

class Postgres : public PostgresProgram {
 protected:
  // A mount of the repository while it lives.
  class Mount {
   public:
    Mount(const Postgres& test, Path point) : test_(test), point_(std::move(point)) {
      std::filesystem::create_directory(point_);
      test_.must({"mount", point_});
    }
    ~Mount() { shell("fusermount3 -uz " + quoted(point_)); }
    Mount(const Mount&) = delete;
    Mount& operator=(const Mount&) = delete;

   private:
    const Postgres& test_;
    Path point_;
  };
  Path mnt() const { return in_folder("mnt"); }

  std::string must_run(const std::string& text) const {
    const ShellResult result = shell(text);
    EXPECT_EQ(result.status, 0) << text << "\n" << result.output;
    return result.output;
  }
  Json snapshot() const { return Json::parse(content_of(mnt() / "latest/snapshot.json")); }
};

// toc.dat tells when it was made: seven numbers of five bytes behind the format and the
// compression.
std::string without_creation_time(std::string toc) { return toc.erase(16, 35); }

TEST_F(Postgres, ADirectoryIsWhatPgDumpWrites) {
  fill_shop();
  must({"ingest", shop()});
  must_run(fmt::format("pg_dump -Fd -Z0 -f {} {}", in_folder("real").native(), quoted(shop())));
  const Mount mount(*this, mnt());
  const Path stored = mnt() / "latest/shop.pgdump";
  ASSERT_EQ(names_in(stored), names_in(in_folder("real")));
  for (const std::string& name : names_in(stored)) {
    if (name == "toc.dat") {
      EXPECT_EQ(without_creation_time(content_of(stored / name)),
                without_creation_time(content_of(in_folder("real") / name)));
    } else {
      EXPECT_EQ(content_of(stored / name), content_of(in_folder("real") / name)) << name;
    }
  }
}

TEST_F(Postgres, ADumpIsRestoredFromTheMount) {
  fill_shop();
  const std::string out = must({"ingest", shop()});
  expect_holds(out, "verified  shop: full, 6 tables, 20,801 rows");
  const Mount mount(*this, mnt());
  const std::string dump = quoted(mnt() / "latest/shop.pgdump");
  expect_holds(must_run("pg_restore --list " + dump), "TABLE DATA public orders");
  server_.sql("postgres", "CREATE DATABASE one");
  must_run(fmt::format("pg_restore -t orders -d {} {}", quoted(server_.uri("one")), dump));
  EXPECT_EQ(server_.sql("one", "SELECT * FROM orders ORDER BY 1"),
            sql("SELECT * FROM orders ORDER BY 1"));
  server_.sql("postgres", "CREATE DATABASE whole");
  must_run(fmt::format("pg_restore -j 2 -d {} {}", quoted(server_.uri("whole")), dump));
  EXPECT_EQ(rows_of("whole"), rows_of("shop"));
}

TEST_F(Postgres, SnapshotJsonKnowsTheServerAndTheRows) {
  fill_shop();
  must({"ingest", shop()});
  const Mount mount(*this, mnt());
  const Json source = snapshot()["sources"][0];
  EXPECT_EQ(source["kind"], "postgresql");
  EXPECT_EQ(source["location"],
            "postgresql://postgres@" + server_.socket_folder().native() + ":5432/shop");
  const Json facts = source["facts"];
  EXPECT_EQ(
      facts["engine_version"],
      sql("SHOW server_version").substr(0, facts["engine_version"].get<std::string>().size()));
  EXPECT_EQ(facts["encoding"], "UTF8");
  EXPECT_EQ(facts["extensions"], "pg_trgm 1.6, plpgsql 1.0");
  EXPECT_GT(std::stoull(facts["database_size"].get<std::string>()), 1'000'000U);
  const Json expected = {{"public.orders", 20000},    {"Odd schema.Odd \"table\"", 300},
                         {"public.nothing", 0},       {"public.no_columns", 1},
                         {"public.parted_high", 400}, {"public.parted_low", 100}};
  EXPECT_EQ(source["row_counts"], expected);
}

TEST_F(Postgres, GlobalsHoldTheRolesAndAreStoredOnce) {
  fill_shop();
  must({"ingest", shop(), server_.uri("postgres")});
  const std::string globals = must({"cat", "latest:globals.sql"});
  expect_holds(globals, "CREATE ROLE clerk");
  expect_holds(globals, "PASSWORD 'SCRAM-SHA-256$");
  EXPECT_EQ(globals.find("secret of the clerk"), std::string::npos);
  const Json files = must_json({"list", "latest"})["files"];
  int found = 0;
  for (const Json& file : files) {
    if (file["path"].get<std::string>().ends_with("globals.sql")) ++found;
  }
  EXPECT_EQ(found, 1);
}

TEST_F(Postgres, AllDatabasesAreOneSourceEach) {
  server_.sql("postgres", "CREATE DATABASE \"odd/name\"");
  must({"ingest", "--all-databases", server_.uri("postgres")});
  const Json list = must_json({"list"});
  EXPECT_EQ(list["snapshots"][0]["sources"], (Json{"odd%2Fname", "postgres", "shop"}));
}

TEST_F(Postgres, APlainDumpRestoresWithPsqlAndIsTheSameTwice) {
  fill_shop();
  must({"ingest", shop(), "--pg-format", "plain"});
  const std::string script = must({"cat", "latest:shop.sql"});
  must({"ingest", shop(), "--pg-format", "plain"});
  EXPECT_EQ(must({"cat", "latest:shop.sql"}), script);
  write_text(in_folder("shop.sql"), script);
  server_.sql("postgres", "CREATE DATABASE copy");
  must_run(fmt::format("psql -Xq -v ON_ERROR_STOP=1 -f {} {}", in_folder("shop.sql").native(),
                       quoted(server_.uri("copy"))));
  EXPECT_EQ(rows_of("copy"), rows_of("shop"));
}

TEST_F(Postgres, ACustomDumpRestoresWithPgRestore) {
  fill_shop();
  const std::string out = must({"ingest", shop(), "--pg-format", "custom"});
  expect_holds(out, "verified  shop: full, 6 tables, 20,801 rows");
  write_text(in_folder("shop.dump"), must({"cat", "latest:shop.dump"}));
  server_.sql("postgres", "CREATE DATABASE copy");
  must_run(fmt::format("pg_restore -d {} {}", quoted(server_.uri("copy")),
                       in_folder("shop.dump").native()));
  EXPECT_EQ(rows_of("copy"), rows_of("shop"));
}

TEST_F(Postgres, TablesAreSelected) {
  fill_shop();
  const auto contents = [&](const Words& options) {
    Words words = {"ingest", shop(), "--pg-format", "plain"};
    words.insert(words.end(), options.begin(), options.end());
    must(words);
    return must({"cat", "latest:shop.sql"});
  };
  const auto holds = [](const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
  };
  const std::string schema = contents({"--schema-only"});
  EXPECT_TRUE(holds(schema, "CREATE TABLE public.orders"));
  EXPECT_FALSE(holds(schema, "COPY public.orders"));
  const std::string data = contents({"--data-only"});
  EXPECT_FALSE(holds(data, "CREATE TABLE public.orders"));
  EXPECT_TRUE(holds(data, "COPY public.orders"));
  const std::string one = contents({"--table", "orders"});
  EXPECT_TRUE(holds(one, "COPY public.orders"));
  EXPECT_FALSE(holds(one, "parted"));
  const std::string rest = contents({"--exclude-table", "orders"});
  EXPECT_FALSE(holds(rest, "COPY public.orders"));
  EXPECT_TRUE(holds(rest, "COPY public.parted_low"));
  expect_holds(refused(2, {"ingest", shop(), "--data-only", "--schema-only"}), "--schema-only");
  expect_holds(refused(1, {"ingest", shop(), "--table", "absent"}), "no matching tables");
}

// The files' names change with the schema; what a table had is found by the table's name.
TEST_F(Postgres, AnotherNightCostsWhatChanged) {
  fill_shop();
  must({"ingest", shop()});
  sql("CREATE TABLE aaa_first (a int); CREATE TYPE early AS ENUM ('x');"
      "UPDATE orders SET note = 'changed' WHERE id % 100 = 0;"
      "INSERT INTO orders (amount) SELECT i FROM generate_series(1, 100) i");
  const Json second = must_json({"ingest", shop()});
  EXPECT_GT(second["new_bytes"], 1'000'000);
  EXPECT_LT(second["added_bytes"], 60'000);
  EXPECT_EQ(second["verified"], "full");
}

}  // namespace
}  // namespace varve
