#include "tools/cli/ingest_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/snapshots/proof.h"
#include "tools/cli/format.h"

namespace varve::cli {
namespace {

std::string names_of(const std::vector<SourceInfo>& sources) {
  std::vector<std::string> names;
  for (const SourceInfo& source : sources) names.push_back(source.name);
  return join(names);
}

std::string unchanged_text(const IngestResult& result) {
  const auto& names = result.unchanged_sources;
  return fmt::format("{} {} unchanged since {}: nothing stored", join(names),
                     names.size() == 1 ? "is" : "are", result.snapshot.name);
}

std::string with_rate(std::uint64_t bytes, double seconds) {
  const std::string rate = format_rate(bytes, seconds);
  const std::string text = format_bytes(bytes) + " in " + format_seconds(seconds);
  return rate.empty() || bytes == 0 ? text : fmt::format("{} ({})", text, rate);
}

std::string rows_text(const Attestation& attestation) {
  if (attestation.row_counts.empty()) return {};
  std::uint64_t rows = 0;
  for (const auto& [table, count] : attestation.row_counts) rows += count;
  return fmt::format(", {}, {}", format_count(attestation.row_counts.size(), "table"),
                     format_count(rows, "row"));
}

// Empty where the proof is an earlier one, of the same bytes.
std::string duration_text(const IngestResult& result, const Attestation& attestation) {
  const auto& earlier = result.unchanged_sources;
  if (std::count(earlier.begin(), earlier.end(), attestation.source) > 0) return {};
  return ", " + format_seconds(attestation.seconds);
}

std::string verification_text(const IngestResult& result) {
  const Snapshot& snapshot = result.snapshot;
  std::string text;
  for (const SourceInfo& source : snapshot.sources) {
    const Attestation* attestation = deciding_attestation(snapshot, source.name);
    if (attestation == nullptr) {
      text += fmt::format("  verified  {}: not verified\n", source.name);
    } else if (!attestation->passed) {
      text += fmt::format("  verified  {}: FAILED: {}\n", source.name, attestation->detail);
    } else {
      text += fmt::format("  verified  {}: {}{}{}\n", source.name, attestation->level,
                          rows_text(*attestation), duration_text(result, *attestation));
    }
  }
  return text;
}

// Each line made printable, the line ends left as they are.
std::string printable_lines(const std::string& text) {
  std::string out;
  std::size_t begin = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    out += printable(text.substr(begin, end - begin)) + "\n";
    begin = end + 1;
  }
  return out + printable(text.substr(begin));
}

}  // namespace

std::string ingest_text(const IngestReport& report) {
  const IngestResult& result = report.result;
  const Snapshot& snapshot = result.snapshot;
  if (result.unchanged) return printable(unchanged_text(result));
  std::string text = fmt::format("{}  {}\n", snapshot.name, names_of(snapshot.sources));
  text += fmt::format("  read      {}\n", with_rate(result.bytes_read, result.seconds));
  if (!result.unchanged_sources.empty()) {
    text += fmt::format("  as before {}\n", join(result.unchanged_sources));
  }
  text += fmt::format("  new       {}\n", format_bytes(snapshot.new_bytes));
  text += fmt::format("  added     {} to the repository\n", format_bytes(snapshot.added_bytes));
  return printable_lines(text + verification_text(result));
}

}  // namespace varve::cli
