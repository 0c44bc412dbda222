// What the catalog had reached is asked before it is looked at: whoever commits in between, at
// whatever moment, does not make it look as if it had lost something.
#include "store/catalog/seen_generation.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <functional>
#include <utility>

#include "store/catalog/sqlite_catalog.h"
#include "tests/support/test_repository.h"

namespace varve {
namespace {

// Calls a hook at the Nth event, the beginning or the end of a statement, on all connections that
// this process opens while it lives. One at a time.
class StatementHook {
 public:
  StatementHook() { sqlite3_auto_extension(entry()); }
  ~StatementHook() {
    hook_ = nullptr;
    sqlite3_cancel_auto_extension(entry());
  }
  StatementHook(const StatementHook&) = delete;
  StatementHook& operator=(const StatementHook&) = delete;

  void set(std::size_t number, std::function<void()> hook) {
    left_ = number;
    hook_ = std::move(hook);
  }
  static bool has_fired() { return !hook_; }
  static void drop() { hook_ = nullptr; }

 private:
  using Entry = void (*)();
  static int attach(sqlite3* database, char**, const void*) {
    return sqlite3_trace_v2(database, SQLITE_TRACE_STMT | SQLITE_TRACE_PROFILE, &on_event, nullptr);
  }
  static Entry entry() { return reinterpret_cast<Entry>(&attach); }
  static int on_event(unsigned, void*, void*, void*) {
    if (hook_ && --left_ == 0) std::exchange(hook_, nullptr)();
    return 0;
  }

  inline static std::size_t left_ = 0;
  inline static std::function<void()> hook_;
};

class SeenGenerationTest : public testing::Test {
 protected:
  SeenGenerationTest() { repository_.reopen(); }  // with connections that the hook knows

  void commit() { repository_.take(make_pages(random_, 1)); }
  // At its first event, its second... for as long as it has one more. Returns how many it has.
  std::size_t disturb(const std::function<void()>& work) {
    for (std::size_t number = 1;; ++number) {
      bool committed = false;
      hook_.set(number, [&] {
        commit();
        committed = true;
      });
      work();
      StatementHook::drop();
      if (!committed || HasFailure()) return number - 1;
    }
  }

  std::mt19937_64 random_{5};
  StatementHook hook_;
  TestRepository repository_;
};

TEST_F(SeenGenerationTest, ACommitWhileTheCatalogIsCheckedIsNoDamage) {
  commit();
  Catalog& catalog = repository_->catalog();
  EXPECT_GE(disturb([&] { EXPECT_EQ(catalog.check_roots(), std::vector<std::string>()); }), 8U);
  EXPECT_GE(disturb([&] { EXPECT_EQ(catalog.check(), std::vector<std::string>()); }), 4U);
}

TEST_F(SeenGenerationTest, ACommitWhileGcBeginsIsNoDamage) {
  commit();
  const std::size_t checking = disturb([&] { repository_->catalog().check_roots(); });
  for (std::size_t number = 1; number <= checking; ++number) {
    hook_.set(number, [this] { commit(); });
    EXPECT_NO_THROW(repository_.gc());
    EXPECT_TRUE(StatementHook::has_fired());
  }
  repository_.expect_sound();
}

}  // namespace
}  // namespace varve
