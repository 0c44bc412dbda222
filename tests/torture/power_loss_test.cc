// The power goes at a chance moment of an operation, and after it: what was reported as done is
// there, and the repository is sound.
#include "tests/torture/power_loss.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/torture/chance.h"
#include "tests/torture/victim.h"

namespace varve::torture {
namespace {

constexpr std::size_t kFew = 6;  // losses for each operation, of a short run

// A cut after so many calls, and one of the states that it may leave.
struct Loss {
  std::size_t moment = 0;
  std::size_t state = 0;
};

// Of each moment a few; the most of that when it had just been told.
std::vector<Loss> losses_of(std::size_t calls, std::size_t told) {
  constexpr std::size_t kStates = 8;
  std::vector<Loss> losses;
  for (std::size_t moment = 0; moment <= calls; ++moment) {
    const std::size_t states = moment == told ? std::max(kStates, calls * kStates / 3) : kStates;
    for (std::size_t state = 0; state < states; ++state) losses.push_back({moment, state});
  }
  return losses;
}

// After so many calls the program had begun to say on its standard output what it has done: from
// there on it must hold.
std::size_t told_at(const std::vector<TraceRecord>& trace) {
  const auto mark = std::find_if(trace.begin(), trace.end(),
                                 [](const auto& record) { return record.call == FileCall::mark; });
  return static_cast<std::size_t>(mark - trace.begin()) + 1;
}

class PowerLossTest : public testing::TestWithParam<Operation> {};

TEST_P(PowerLossTest, LosesNothingThatWasReported) {
  const Operation& operation = GetParam();
  const Victim victim(operation);
  const Disk before(victim.folder());
  const TempFolder elsewhere;
  const Path trace_file = elsewhere / "trace";
  const ProgramResult result = victim.run({}, trace_file);
  ASSERT_EQ(result.status, 0) << result.err;
  const std::vector<TraceRecord> trace = read_trace(trace_file);
  const std::size_t told = told_at(trace);
  ASSERT_LE(told, trace.size());
  EXPECT_NE(trace[told - 1].data.find(operation.adds), std::string::npos);

  const auto name_of = [&](const Loss& loss) {
    return operation.name + ", " +
           (loss.moment == told ? "told" : "after " + std::to_string(loss.moment) + " calls") +
           ", state " + std::to_string(loss.state);
  };
  for (const Loss& loss : cases_of_this_run(losses_of(trace.size(), told), kFew, name_of)) {
    SCOPED_TRACE(name_of(loss) + ", of " + std::to_string(trace.size()) + ", told at " +
                 std::to_string(told));
    Disk disk = before;
    for (std::size_t done = 0; done < loss.moment; ++done) disk.apply(trace[done]);
    std::mt19937_64 random = chance_of(name_of(loss));
    const Victim after(operation, disk, random);
    after.expect_sound_after(loss.moment >= told ? End::done : End::cut);
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Operations, PowerLossTest, testing::ValuesIn(operations()),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace varve::torture
