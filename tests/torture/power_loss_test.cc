// The power goes at a chance moment of an operation, and after it: what was reported as done is
// there, and the repository is sound.
#include "tests/torture/power_loss.h"

#include <gtest/gtest.h>

#include "tests/torture/victim.h"

namespace varve::torture {
namespace {

constexpr std::size_t kLeast = 10;   // losses for each operation
constexpr std::size_t kMost = 2000;  // of which a run takes its share

class PowerLossTest : public testing::TestWithParam<Operation> {};

TEST_P(PowerLossTest, LosesNothingThatWasReported) {
  const Operation& operation = GetParam();
  const Victim victim(operation.with_parity);
  const Disk before(victim.folder());
  const TempFolder elsewhere;
  const Path trace_file = elsewhere / "trace";
  const ProgramResult result = victim.run(operation.words, {}, trace_file);
  ASSERT_EQ(result.status, 0) << result.err;
  const std::vector<TraceRecord> trace = read_trace(trace_file);
  ASSERT_GT(trace.size(), 1U);

  for (std::size_t i = share_of(kMost, kLeast); i > 0; --i) {
    const std::size_t moment = i % 3 == 0 ? trace.size() : chance()() % trace.size();
    SCOPED_TRACE(operation.name + ", after " + std::to_string(moment) + " of " +
                 std::to_string(trace.size()) + " calls");
    Disk disk = before;
    for (std::size_t done = 0; done < moment; ++done) disk.apply(trace[done]);
    const Victim after(disk, chance());
    after.expect_sound_after(operation, moment == trace.size());
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Operations, PowerLossTest, testing::ValuesIn(operations()),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace varve::torture
