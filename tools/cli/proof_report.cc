#include "tools/cli/proof_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "store/core/error.h"
#include "tools/cli/format.h"
#include "tools/cli/json_text.h"

namespace varve::cli {
namespace {

using Json = nlohmann::ordered_json;
using Result = ProofReport::Result;

std::string result_text(const ProofReport::Line& line) {
  switch (ProofReport::result_of(line)) {
    case Result::passed:
      return line.proof->level;
    case Result::failed:
      return "FAILED";
    case Result::not_tried:
      break;
  }
  return "not tried";
}

std::string duration_text(const ProofReport::Line& line) {
  if (!line.proof) return {};
  if (!line.proof->taken_from.empty()) return "as " + line.proof->taken_from;
  return format_seconds(line.proof->seconds);
}

std::string restore_text(const ProofReport::Line& line) {
  const bool is_restored = line.proof && line.proof->restore_seconds > 0;
  return is_restored ? format_seconds(line.proof->restore_seconds) : "";
}

Json json_of(const ProofReport::Line& line) {
  Json json = {{"snapshot", line.snapshot},
               {"source", line.source},
               {"kind", line.kind},
               {"raw_bytes", line.raw_bytes},
               {"result", name_of(ProofReport::result_of(line))}};
  if (!line.proof) {
    json["error"] = line.error;
    return json;
  }
  Json assertions = Json::array();
  for (const auto& [sql, passed, detail] : line.proof->assertions) {
    assertions.push_back({{"sql", sql}, {"passed", passed}, {"detail", detail}});
  }
  json.update({{"level", line.proof->level},
               {"time", to_iso(line.proof->time)},
               {"seconds", line.proof->seconds},
               {"restore_seconds", line.proof->restore_seconds},
               {"program", line.proof->program},
               {"detail", line.proof->detail},
               {"row_counts", line.proof->row_counts},
               {"assertions", assertions},
               {"taken_from", line.proof->taken_from}});
  return json;
}

}  // namespace

ProofReport::Result ProofReport::result_of(const Line& line) {
  if (!line.proof) return Result::not_tried;
  return line.proof->passed ? Result::passed : Result::failed;
}

std::size_t ProofReport::count(Result result) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(lines, [&](const Line& line) { return result_of(line) == result; }));
}

int ProofReport::exit_status() const {
  if (count(Result::failed) > 0) return kExitWarning;
  return count(Result::not_tried) > 0 ? varve::exit_status(ErrorCode::failed) : 0;
}

std::string ProofReport::summary() const {
  if (lines.empty()) return "there is nothing to prove";
  const std::string all = format_count(lines.size(), "source");
  const std::size_t failed = count(Result::failed);
  const std::size_t not_tried = count(Result::not_tried);
  if (failed + not_tried == 0) {
    return lines.size() == 1 ? "the source is proven" : fmt::format("all {} are proven", all);
  }
  std::vector<std::string> parts;
  if (failed > 0) parts.push_back(fmt::format("{} failed", failed));
  if (not_tried > 0) parts.push_back(fmt::format("{} could not be tried", not_tried));
  return fmt::format("of {}, {}", all, join(parts));
}

std::string name_of(ProofReport::Result result) {
  switch (result) {
    case Result::passed:
      return "passed";
    case Result::failed:
      return "failed";
    case Result::not_tried:
      break;
  }
  return "not tried";
}

std::string rows_text(const ProofReport::Line& line) {
  if (!line.proof || line.proof->row_counts.empty()) return {};
  std::uint64_t rows = 0;
  for (const auto& [table, count] : line.proof->row_counts) rows += count;
  return format_count(rows, line.has_keys ? "key" : "row");
}

std::string proof_text(const ProofReport& report) {
  using enum Table::Align;
  Table table({{"SNAPSHOT", left},
               {"SOURCE", left},
               {"RESULT", left},
               {"TIME", left},
               {"RESTORED IN", left},
               {"COUNTED", right},
               {"BY", left}});
  for (const ProofReport::Line& line : report.lines) {
    table.add({line.snapshot, line.source, result_text(line), duration_text(line),
               restore_text(line), rows_text(line), line.proof ? line.proof->program : ""});
  }
  const std::string rows = report.lines.empty() ? "" : table.text() + "\n";
  return fmt::format("{}{}, in {}\n", rows, report.summary(), format_seconds(report.seconds));
}

std::vector<std::string> proof_warnings(const ProofReport& report) {
  std::vector<std::string> warnings;
  for (const ProofReport::Line& line : report.lines) {
    const Result result = ProofReport::result_of(line);
    if (result == Result::failed) {
      warnings.push_back(fmt::format("{} failed its verification in snapshot {}: {}", line.source,
                                     line.snapshot, line.proof->detail));
    } else if (result == Result::not_tried) {
      warnings.push_back(fmt::format("{} of snapshot {} could not be tried: {}", line.source,
                                     line.snapshot, line.error));
    }
  }
  return warnings;
}

std::string proof_json(const ProofReport& report) {
  Json sources = Json::array();
  for (const ProofReport::Line& line : report.lines) sources.push_back(json_of(line));
  const Json json = {{"repository", report.repository.native()},
                     {"host", report.host},
                     {"time", to_iso(report.time)},
                     {"passed", report.count(Result::passed)},
                     {"failed", report.count(Result::failed)},
                     {"not_tried", report.count(Result::not_tried)},
                     {"seconds", report.seconds},
                     {"sources", sources}};
  return json_text(json);
}

}  // namespace varve::cli
