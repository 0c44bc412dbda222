// A pg_dump whose archive is of a newer form than varve knows: the dump takes a temporary copy.
#include "tests/system/postgres_program.h"
#include "tests/unit/collecting_builder.h"
#include "tools/sources/postgres_targets.h"

namespace varve {
namespace {

class PostgresSpool : public PostgresProgram {
 protected:
  // Version 1.99 in the custom format's head, the real one otherwise.
  Path programs_of_the_future() const {
    const Path folder = in_folder("roots/15/bin");
    std::filesystem::create_directories(folder);
    const std::string real = "/usr/lib/postgresql/15/bin/pg_dump \"$@\"";
    write_text(folder / "pg_dump",
               "#!/bin/bash\ncase \"$*\" in *--format=c*) " + real +
                   " | { dd bs=1 count=6 status=none; dd bs=1 count=1 status=none > /dev/null; "
                   "printf '\\143'; cat; };;\n*) exec " +
                   real + ";; esac\n");
    write_text(folder / "pg_dumpall",
               "#!/bin/bash\nexec /usr/lib/postgresql/15/bin/pg_dumpall \"$@\"\n");
    for (const char* name : {"pg_dump", "pg_dumpall"}) {
      std::filesystem::permissions(folder / name, std::filesystem::perms::owner_all);
    }
    return in_folder("roots");
  }
};

TEST_F(PostgresSpool, ANewerArchiveIsTakenByACopyAndSaysSo) {
  fill_shop();
  PostgresOptions options;
  options.programs = {.roots = {programs_of_the_future().native() + "/%/bin"}, .path = {}};
  const auto copied = [&](const PostgresOptions& with) {
    auto sources = postgres_sources({{shop(), "shop"}}, with, {});
    test::CollectingBuilder builder;
    sources.front()->open();
    sources.front()->copy(builder);
    return builder;
  };
  test::CollectingBuilder spooled = copied(options);
  ASSERT_EQ(spooled.warnings.size(), 1U);
  expect_holds(spooled.warnings.front(), "took a full temporary copy in");
  test::CollectingBuilder streamed = copied({});
  EXPECT_TRUE(streamed.warnings.empty());
  spooled.files.erase("shop.pgdump/toc.dat");  // tells when it was made
  streamed.files.erase("shop.pgdump/toc.dat");
  EXPECT_TRUE(spooled.files == streamed.files);
  EXPECT_GT(spooled.files.size(), 8U);
}

}  // namespace
}  // namespace varve
