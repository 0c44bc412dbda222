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

void Findings::note(std::vector<Assertion> put) {
  std::vector<std::string> failed = faults_of(put);
  std::move(failed.begin(), failed.end(), std::back_inserter(faults));
  assertions = std::move(put);
}

void Findings::compare_rows(const std::map<std::string, std::uint64_t>& recorded) {
  for (const auto& [table, rows] : recorded) {
    const auto counted = row_counts.find(table);
    if (counted == row_counts.end()) {
      if (notes.empty()) faults.push_back(fmt::format("{} is missing", table));
    } else if (counted->second != rows) {
      faults.push_back(fmt::format("{} has {} rows, and had {} when they were recorded", table,
                                   counted->second, rows));
    }
  }
}

void Findings::conclude(Attestation& made) && {
  made.passed = faults.empty();
  std::vector<std::string> lines = shortened(std::move(faults));
  lines.insert(lines.end(), notes.begin(), notes.end());
  made.detail = fmt::format("{}", fmt::join(lines, "; "));
  made.row_counts = std::move(row_counts);
  made.assertions = std::move(assertions);
}

std::map<std::string, std::uint64_t> recorded_rows(const Snapshot& snapshot, std::uint32_t source) {
  const SourceInfo& info = snapshot.sources.at(source);
  if (!info.row_counts.empty()) return info.row_counts;
  for (auto it = snapshot.attestations.rbegin(); it != snapshot.attestations.rend(); ++it) {
    if (it->source == info.name && it->passed && !it->row_counts.empty()) return it->row_counts;
  }
  return {};
}

}  // namespace varve
