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

TEST(SourceNames, TagsAreFolders) {
  EXPECT_NO_THROW(require_valid_tag("before-upgrade"));
  for (const char* tag : {"", ".", "..", "a/b", "a\tb"}) {
    usage_complaint([&] { require_valid_tag(tag); });
  }
}

TEST(SourceNames, TheRepositoryIsNoSource) {
  EXPECT_NO_THROW(refuse_path_inside("/srv/repo", "/srv/repo.db"));
  EXPECT_NO_THROW(refuse_path_inside("/srv/repo", "/srv/repository/x"));
  for (const char* path : {"/srv/repo/catalog.db", "/srv/./repo/packs/x", "/srv/repo",
                           "/srv/app/../repo/catalog.db"}) {
    usage_complaint([&] { refuse_path_inside("/srv/repo", path); });
  }
}

}  // namespace
}  // namespace varve::cli
