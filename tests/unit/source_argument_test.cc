// Which words of the command line are sources, and what they are called.
#include "tools/cli/source_argument.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/expect_error.h"

namespace varve::cli {
namespace {

using Kind = SourceArgument::Kind;

SourceWord source(std::string text) { return {SourceWord::Kind::source, std::move(text)}; }
SourceWord command(std::string text) { return {SourceWord::Kind::command, std::move(text)}; }
SourceWord as(std::string text) { return {SourceWord::Kind::as, std::move(text)}; }

std::vector<std::string> names_of(const std::vector<SourceWord>& words) {
  std::vector<std::string> names;
  for (const SourceArgument& argument : source_arguments(words)) names.push_back(argument.name);
  return names;
}

void expect_refused(const std::vector<SourceWord>& words, const std::string& part) {
  expect_error(ErrorCode::usage, part, [&] { source_arguments(words); });
}

using Names = std::vector<std::string>;

TEST(SourceArgument, PathsHaveTheirOwnNames) {
  EXPECT_EQ(names_of({source("/srv/app/history.db"), source("shop.db"), source("/srv/www/")}),
            (Names{"history.db", "shop.db", "www"}));
}

TEST(SourceArgument, AsNamesTheSourceInFrontOfIt) {
  EXPECT_EQ(names_of({source("a"), as("x"), source("b"), command("mysqldump shop"), as("shop.sql"),
                      source("-"), as("input")}),
            (Names{"x", "b", "shop.sql", "input"}));
}

TEST(SourceArgument, AsMayStandInFrontOfTheOnlyOne) {
  EXPECT_EQ(names_of({as("x"), source("a")}), Names{"x"});
  EXPECT_EQ(names_of({as("x"), command("true")}), Names{"x"});
  expect_refused({as("x"), source("a"), source("b")}, "--as");
}

TEST(SourceArgument, WhatIsNoSourceIsNotRepeated) {
  for (const char* text : {"mysql://u:s3cret@h/db", "POSTGRESQL://u:s3cret@h/db",
                           "passwrd=s3cret host=h", "postgresql://u:pa/s3cret@h/db",
                           "postgresql://u:pa@s3cret@h/db", "postgresql://u:pa?s3cret@h/db"}) {
    const auto error = error_of([&] { source_arguments({source(text)}); });
    ASSERT_TRUE(error) << text;
    EXPECT_EQ(error->code(), ErrorCode::usage) << text;
    EXPECT_EQ(std::string(error->what()).find("s3cret"), std::string::npos) << error->what();
  }
}

TEST(SourceArgument, KindsAreToldByTheText) {
  const auto found = source_arguments({source("a"), source("-"), as("in"), command("ls"), as("c"),
                                       source("postgresql:///shop"),
                                       source("postgres://u@db1:5433/crm?sslmode=require"),
                                       source("redis://cache1:6379"), source("rediss://u@cache2")});
  const std::vector<Kind> kinds = {Kind::path,       Kind::standard_input, Kind::command,
                                   Kind::postgresql, Kind::postgresql,     Kind::redis,
                                   Kind::redis};
  EXPECT_TRUE(std::ranges::equal(found, kinds, {}, &SourceArgument::kind));
  EXPECT_EQ(found[3].name, "shop");
  EXPECT_EQ(found[4].name, "crm");
  EXPECT_EQ(found[5].name, "cache1");
  EXPECT_EQ(found[6].name, "cache2");
}

TEST(SourceArgument, WhatHasNoNameIsRefused) {
  expect_refused({}, "no source is named");
  expect_refused({source("-")}, "standard input has no name of its own: write --as NAME");
  expect_refused({source("a"), command("mysqldump -psecret")}, "a --command has no name");
  expect_refused({as("x")}, "--as NAME stands behind");
  expect_refused({source("a"), as("x"), as("y")}, "has named x already");
}

TEST(SourceArgument, ASecretInACommandIsNotRepeated) {
  const auto error = error_of([] { source_arguments({command("mysqldump -psecret")}); });
  ASSERT_TRUE(error);
  EXPECT_EQ(std::string(error->what()).find("secret"), std::string::npos) << error->what();
}

TEST(SourceArgument, TwoOfOneNameAreBothNamedWithTheWayOut) {
  expect_refused({source("/a/x.db"), source("/b/x.db")}, "/a/x.db and /b/x.db are both called");
  expect_refused({source("-"), as("a"), source("-"), as("b")}, "read once");
}

TEST(SourceArgument, WhatCannotBeAFileOnTheMountIsRefused) {
  for (const char* path : {"/", "..", ".", "a\nb", "SHA256SUMS", "snapshot.json"}) {
    expect_refused({source(path)}, "--as NAME");
  }
  for (const char* name : {"a/b", "..", "\x1b[2J"}) {
    expect_refused({source("/srv/x.db"), as(name)}, "cannot be called");
  }
}

}  // namespace
}  // namespace varve::cli
