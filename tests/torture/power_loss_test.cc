// The power goes at a chance moment of an operation, and after it: what was reported as done is
// there, and the repository is sound.
#include "tests/torture/power_loss.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/torture/victim.h"

namespace varve::torture {
namespace {

constexpr std::size_t kFew = 6;  // losses for each operation, of a short run

// A cut after so many calls, and one of the states that it may leave.
struct Loss {
  std::size_t moment = 0;
  std::size_t state = 0;
};

// Of each moment a few, of the end the most: there all was reported.
std::vector<Loss> losses_of(std::size_t calls) {
  constexpr std::size_t kStates = 8;
  std::vector<Loss> losses;
  for (std::size_t moment = 0; moment <= calls; ++moment) {
    const std::size_t states = moment == calls ? std::max(kStates, calls * kStates / 3) : kStates;
    for (std::size_t state = 0; state < states; ++state) losses.push_back({moment, state});
  }
  return losses;
}

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

  const auto name_of = [&](const Loss& loss) {
    const bool is_end = loss.moment == trace.size();
    return operation.name + ", after " + (is_end ? "all" : std::to_string(loss.moment)) +
           " calls, state " + std::to_string(loss.state);
  };
  for (const Loss& loss : cases_of_this_run(losses_of(trace.size()), kFew, name_of)) {
    SCOPED_TRACE(name_of(loss) + ", of " + std::to_string(trace.size()));
    Disk disk = before;
    for (std::size_t done = 0; done < loss.moment; ++done) disk.apply(trace[done]);
    std::mt19937_64 random = chance_of(name_of(loss));
    const Victim after(disk, random);
    after.expect_sound_after(operation, loss.moment == trace.size());
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Operations, PowerLossTest, testing::ValuesIn(operations()),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace varve::torture
