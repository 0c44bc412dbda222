// varve import: dumps that people made with pg_dump are looked into.
#include "tests/system/postgres_program.h"

namespace varve {
namespace {

class ImportPostgres : public PostgresProgram {
 protected:
  void SetUp() override {
    PostgresProgram::SetUp();
    sql("CREATE TABLE t (a int, b text); INSERT INTO t SELECT i, md5(i::text) FROM "
        "generate_series(1, 5000) i; CREATE TABLE none (a int);"
        "SELECT lo_from_bytea(17, convert_to(repeat('large', 1000), 'UTF8'))");
    std::filesystem::create_directory(old());
  }
  Path old() const { return in_folder("old"); }
  // In the folder of old backups; URI stands for the database.
  void run(const std::string& script) const {
    const ShellResult result =
        shell("cd " + quoted(old()) + " && set -e\nURI=" + quoted(shop()) + "\n" + script);
    ASSERT_EQ(result.status, 0) << result.output;
  }
  // How each source came out.
  std::map<std::string, std::string> verified(const Json& json) const {
    std::map<std::string, std::string> levels;
    for (const Json& one : json["imported"]) levels[one["source"]] = one["verified"];
    return levels;
  }
};

TEST_F(ImportPostgres, WholeDumpsAreProvenAndTheirRowsCounted) {
  run("pg_dump -Fc -f packed-20240101.dump \"$URI\"; pg_dump -Fc -Z0 -f plain-20240101.dump "
      "\"$URI\";"
      "pg_dump -Fc --inserts -f inserts-20240101.dump \"$URI\"; pg_dump -Ft -f tar-20240101.tar "
      "\"$URI\"; pg_dump -Fd -f ../shop \"$URI\"; tar cf folder-20240101.tar -C .. shop;"
      "gzip -c plain-20240101.dump > twice-20240101.dump.gz");
  const Json json = must_json({"import", old(), "--utc"});
  ASSERT_EQ(json["imported"].size(), 6U);
  for (const auto& [source, level] : verified(json)) EXPECT_EQ(level, "full") << source;
  for (const auto& [source, table] : {std::pair{"packed.dump", "public.t"},
                                      {"plain.dump", "public.t"},
                                      {"twice.dump", "public.t"},
                                      {"tar", "tar/toc.dat:public.t"},
                                      {"folder", "folder/shop/toc.dat:public.t"}}) {
    const Json proof = must_json({"list", std::string("latest:") + source})["attestations"][0];
    EXPECT_EQ(proof["row_counts"][table], 5000) << source << proof;
    expect_holds(proof["program"], "pg_restore");
  }
  must({"restore", "latest:tar:tar", in_folder("unpacked")});
  expect_holds(shell("pg_restore --list " + quoted(in_folder("unpacked"))).output, "TABLE DATA");
}

TEST_F(ImportPostgres, BrokenDumpsAreTold) {
  run("pg_dump -Fc -f a \"$URI\"; pg_dump -Fc -Z0 -f b \"$URI\"; size=$(stat -c %s a);"
      "head -c $((size * 8 / 10)) a > short-20240101.dump; head -c 300000 b | head -c -150000 > "
      "cut-20240101.dump;"
      "cp a flipped-20240101.dump;"
      "printf 'garbagegarbage' | dd of=flipped-20240101.dump bs=1 seek=$((size / 2)) conv=notrunc "
      "status=none;"
      "printf 'PGDMP\\001\\016 and so on' > tiny-20240101.dump; rm a b;"
      "pg_dump -Fd -f shop \"$URI\"; rm $(grep -l . shop/*.dat.gz | head -1); tar cf "
      "lost-20240101.tar shop; rm -r shop");
  const ProgramResult result = varve({"import", old(), "--utc", "--json"});
  EXPECT_EQ(result.status, 3);
  const auto levels = verified(Json::parse(result.out));
  EXPECT_EQ(levels.size(), 5U);
  for (const auto& [source, level] : levels) EXPECT_EQ(level, "failed") << source;
  for (const char* source : {"short.dump", "cut.dump", "flipped.dump", "tiny.dump", "lost"}) {
    expect_holds(result.err, std::string(source) + " of 2024-01-01T00-00-00Z");
  }
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 5) << result.err;
}

}  // namespace
}  // namespace varve
