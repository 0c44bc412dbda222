#include "tools/drill/findings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iterator>
#include <utility>

#include "tools/sources/assertions.h"

namespace varve {
namespace {

constexpr std::size_t kMostFaults = 5;  // named one by one

std::vector<std::string> shortened(std::vector<std::string> lines) {
  if (lines.size() <= kMostFaults) return lines;
  const std::size_t rest = lines.size() - kMostFaults;
  lines.resize(kMostFaults);
  lines.push_back(fmt::format("{} more", rest));
  return lines;
}

}  // namespace

void Findings::add_assertions(std::vector<Assertion> put) {
  add_faults(faults_of(put));
  assertions = std::move(put);
}

void Findings::add_faults(std::vector<std::string> found) {
  std::move(found.begin(), found.end(), std::back_inserter(faults));
}

void Findings::conclude(Attestation& made) && {
  made.passed = faults.empty();
  std::vector<std::string> lines = shortened(std::move(faults));
  lines.insert(lines.end(), notes.begin(), notes.end());
  made.detail = fmt::format("{}", fmt::join(lines, "; "));
  made.row_counts = std::move(row_counts);
  made.assertions = std::move(assertions);
}

}  // namespace varve
