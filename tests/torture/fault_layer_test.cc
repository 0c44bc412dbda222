// That the fault layer sees every call by which an operation changes a file.
#include <gtest/gtest.h>

#include "tests/torture/unseen_calls.h"
#include "tests/torture/victim.h"

namespace varve::torture {
namespace {

// The leak sanitizer cannot look at a program that is traced, and fails.
ProgramSetting setting_to_watch(const Victim& victim) {
  ProgramSetting setting = victim.setting();
  setting.environment.emplace_back("ASAN_OPTIONS", "verify_asan_link_order=0:detect_leaks=0");
  return setting;
}

class FaultLayerTest : public testing::TestWithParam<Operation> {};

TEST_P(FaultLayerTest, SeesEveryCallThatChangesAFile) {
  const Victim victim(GetParam());
  const WatchedRun run = run_watched(victim.command(), setting_to_watch(victim), victim.folder());
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.unseen, std::set<std::string>());
}

INSTANTIATE_TEST_SUITE_P(Operations, FaultLayerTest, testing::ValuesIn(operations()),
                         [](const auto& one) { return one.param.name; });

// Else an empty list would say nothing: without the layer all of them are unseen.
TEST(UnseenCallsTest, AreFoundWhereThereIsNoLayer) {
  const Victim victim(operations().front());
  ProgramSetting setting = setting_to_watch(victim);
  setting.environment.emplace_back("LD_PRELOAD", "");
  const WatchedRun run = run_watched(victim.command(), setting, victim.folder());
  EXPECT_EQ(run.status, 0);
  EXPECT_GT(run.unseen.size(), 5u);
}

}  // namespace
}  // namespace varve::torture
