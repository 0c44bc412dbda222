#include "tools/cli/source_names.h"

#include <gtest/gtest.h>

#include <functional>

#include "store/core/error.h"

namespace varve::cli {
namespace {

// The message of a usage Error, as it has to be one.
std::string usage_complaint(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::usage);
    return error.what();
  }
  ADD_FAILURE() << "no Error";
  return {};
}

using Names = std::vector<std::string>;

TEST(SourceNames, AreTheFilesOwn) {
  EXPECT_EQ(source_names({"/srv/app/history.db", "shop.db"}, ""), (Names{"history.db", "shop.db"}));
}

TEST(SourceNames, AsNamesTheOnlyOne) {
  EXPECT_EQ(source_names({"/srv/app/history.db"}, "other.db"), Names{"other.db"});
  EXPECT_NE(usage_complaint([] { source_names({"a", "b"}, "c"); }).find("--as"), std::string::npos);
}

TEST(SourceNames, TwoOfOneNameAreBothNamedWithTheWayOut) {
  const std::string text = usage_complaint([] { source_names({"/a/x.db", "/b/x.db"}, ""); });
  EXPECT_NE(text.find("/a/x.db and /b/x.db"), std::string::npos) << text;
  EXPECT_NE(text.find("--as"), std::string::npos) << text;
}

TEST(SourceNames, WhatCannotBeAFileOnTheMountIsRefused) {
  for (const char* path : {"/", "..", ".", "/srv/", "a\nb", "SHA256SUMS", "snapshot.json"}) {
    usage_complaint([&] { source_names({path}, ""); });
  }
  for (const char* name : {"a/b", "..", "\x1b[2J"}) {
    usage_complaint([&] { source_names({"/srv/x.db"}, name); });
  }
}

TEST(SourceNames, TagsAreFolders) {
  EXPECT_NO_THROW(require_valid_tag("before-upgrade"));
  for (const char* tag : {"", ".", "..", "a/b", "a\tb"}) {
    usage_complaint([&] { require_valid_tag(tag); });
  }
}

TEST(SourceNames, TheRepositoryIsNoSource) {
  EXPECT_NO_THROW(refuse_paths_inside("/srv/repo", {"/srv/repo.db", "/srv/repository/x"}));
  for (const char* path : {"/srv/repo/catalog.db", "/srv/./repo/packs/x", "/srv/repo",
                           "/srv/app/../repo/catalog.db"}) {
    usage_complaint([&] { refuse_paths_inside("/srv/repo", {"/srv/app.db", path}); });
  }
}

}  // namespace
}  // namespace varve::cli
