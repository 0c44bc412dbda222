#include "store/gc/stats.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "tools/cli/commands.h"
#include "tools/cli/format.h"
#include "tools/cli/help.h"
#include "tools/cli/json_output.h"
#include "tools/cli/signals.h"

namespace varve::cli {
namespace {

std::vector<std::string> row_of(const std::string& name, const ObjectTotals& totals) {
  return {name, format_count(totals.count), format_bytes(totals.raw_bytes),
          format_bytes(totals.stored_bytes), format_bytes(totals.header_bytes)};
}

std::uint64_t bytes_of(const ObjectTotals& totals) {
  return totals.stored_bytes + totals.header_bytes;
}

// The configuration, and the reserve that gc frees first when the disk is full.
std::uint64_t other_bytes(const Stats& stats) {
  const std::uint64_t named = bytes_of(stats.chunks) + bytes_of(stats.manifests) +
                              stats.pack_overhead_bytes + stats.catalog_bytes +
                              stats.records_bytes + stats.parity_bytes + stats.cache_bytes;
  return stats.stored_bytes > named ? stats.stored_bytes - named : 0;
}

std::string proofs_of(const Stats& stats) {
  std::vector<std::string> counts;
  for (const char* level : {"drill", "full", "quick", "none", "failed"}) {
    const auto found = stats.verified.find(level);
    if (found != stats.verified.end()) {
      counts.push_back(fmt::format("{} {}", level, format_count(found->second)));
    }
  }
  std::string text;
  if (!counts.empty()) text += fmt::format("verified                {}\n", join(counts));
  if (stats.last_drill) {
    text += printable(fmt::format("last drill              {}: {} of {}, restored in {}",
                                  to_iso(stats.last_drill->time), stats.last_drill->source,
                                  stats.last_drill->snapshot,
                                  format_seconds(stats.last_drill->restore_seconds))) +
            "\n";
  }
  return text;
}

std::string text_of(const Stats& stats) {
  using enum Table::Align;
  Table totals({{"", left}, {"COUNT", right}, {"RAW", right}, {"STORED", right}});
  totals.add({"snapshots", format_count(stats.snapshots), format_bytes(stats.raw_bytes),
              format_bytes(stats.stored_bytes)});

  Table objects(
      {{"OBJECTS", left}, {"COUNT", right}, {"RAW", right}, {"STORED", right}, {"HEADERS", right}});
  objects.add(row_of("file data", stats.chunks));
  objects.add(row_of("manifests", stats.manifests));

  Table rest({{"BESIDES", left}, {"STORED", right}});
  rest.add({"pack headers and footers", format_bytes(stats.pack_overhead_bytes)});
  rest.add({"catalog", format_bytes(stats.catalog_bytes)});
  rest.add({"snapshot records", format_bytes(stats.records_bytes)});
  if (stats.parity_bytes > 0) rest.add({"parity", format_bytes(stats.parity_bytes)});
  rest.add({"cache", format_bytes(stats.cache_bytes)});
  rest.add({"configuration and reserve", format_bytes(other_bytes(stats))});

  return fmt::format("{}\n{}\n{}\n{}ratio of raw to stored  {:.1f}\ngarbage                 {}\n",
                     totals.text(), objects.text(), rest.text(), proofs_of(stats), stats.ratio(),
                     format_bytes(stats.garbage_bytes));
}

int show_stats(CommandLine& line) {
  exit_at_signals();
  const auto repository = line.open_repository();
  const Stats stats = collect_stats(*repository);
  line.print_facts(stats_json(stats), [&] { return text_of(stats); });
  return 0;
}

}  // namespace

void add_stats(CLI::App& program, CommandLine& line) {
  CLI::App& command =
      add_command(program, "stats", "Show where the bytes are.", "varve stats\nvarve stats --json");
  add_global_options(command, line.global, Facts::printed);
  command.callback([&line] { line.action = show_stats; });
}

}  // namespace varve::cli
