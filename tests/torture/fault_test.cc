// Every call that changes a file fails, in every way; and the program is killed at every one.
#include <gtest/gtest.h>

#include "tests/torture/chance.h"
#include "tests/torture/victim.h"

namespace varve::torture {
namespace {

constexpr std::size_t kFew = 6;  // cases of an operation, of a short run

std::vector<Fault> faults_of(std::uint64_t calls) {
  std::vector<Fault> all;
  for (std::uint64_t at = 1; at <= calls; ++at) {
    for (const char* kind : {"EIO", "ENOSPC", "EINTR", "short", "kill", "torn"}) {
      all.push_back({.at = at, .kind = kind});
    }
    for (const char* kind : {"EIO", "ENOSPC", "short"}) {
      all.push_back({.at = at, .kind = kind, .sticky = true});
    }
  }
  return all;
}

// What did not work is said in one line, and nothing but a SIGKILL of ours ends the program.
void expect_a_clear_end(const ProgramResult& result, const Fault& fault) {
  if (result.status == -SIGKILL) {
    EXPECT_TRUE(fault.kills());
    return;
  }
  EXPECT_GE(result.status, 0) << result.err;
  if (result.status != 0) {
    EXPECT_TRUE(result.err.find("varve: ") != std::string::npos) << result.err;
  }
  // A call that did a part of its work is gone on with.
  if (fault.kind == "short") {
    EXPECT_EQ(result.status, 0) << result.err;
  }
}

class FaultTest : public testing::TestWithParam<Operation> {};

End end_of(const ProgramResult& result, const Fault& fault) {
  if (result.status == 0) return End::done;
  return fault.sticky || result.status < 0 ? End::cut : End::failed;
}

TEST_P(FaultTest, LeavesTheOldStateOrTheNew) {
  const Operation& operation = GetParam();
  const std::vector<Fault> faults = faults_of(Victim(operation).calls());
  ASSERT_FALSE(faults.empty());
  const auto name_of = [&](const Fault& fault) { return operation.name + ", " + text_of(fault); };
  for (const Fault& fault : cases_of_this_run(faults, kFew, name_of)) {
    SCOPED_TRACE(name_of(fault));
    const Victim victim(operation);
    const ProgramResult result = victim.run(fault);
    expect_a_clear_end(result, fault);
    victim.expect_sound_after(end_of(result, fault));
    if (HasFailure()) {
      ADD_FAILURE() << "it had said " << result.status << ": " << result.out << result.err;
      return;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Operations, FaultTest, testing::ValuesIn(operations()),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace varve::torture
