#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "store/core/error.h"
#include "tools/cli/commands.h"
#include "tools/cli/format.h"
#include "tools/cli/help.h"
#include "tools/cli/progress.h"
#include "tools/cli/repair_report.h"
#include "tools/cli/signals.h"

namespace varve::cli {
namespace {

struct Request {
  std::string what;
  std::string from;
  bool dry_run = false;
};

std::string what_gc_will_free(const RecordAside& record) {
  return fmt::format(
      "{} is left out of the catalog and kept as {}: the next 'varve gc' frees what its snapshot "
      "alone needs; if a copy of the repository has this file whole, put it in its place and run "
      "'varve repair catalog' again before that",
      record.name, record.kept_as);
}

int rebuild_catalog(CommandLine& line) {
  const SignalStop signals;
  Progress progress("reading packs", !line.global.quiet, Progress::Unit::objects);
  CatalogRepairOptions options;
  options.stop = signals.token();
  options.progress = [&](std::uint64_t done, std::uint64_t all) { progress.show(done, all); };
  const Path repository = line.global.repository_path();
  const CatalogRepairResult result = repair_catalog(repository, options);
  progress.wipe();
  line.print_facts(catalog_repair_json(result), [&] { return catalog_repair_text(result); });
  if (result.damaged_packs.empty() && result.hurt.empty() && result.left_out.empty()) return 0;
  for (const RecordAside& record : result.records_aside) line.warn(what_gc_will_free(record));
  if (!result.damaged_packs.empty() || !result.hurt.empty()) {
    line.warn("not all that the snapshots need is whole: run 'varve repair packs' next");
  } else if (result.records_aside.empty()) {
    line.warn(
        "some records are left out of the catalog; those that are damaged are kept under "
        "broken/");
  }
  return kExitWarning;
}

std::string what_is_lost(const PackRepairResult& result, bool dry_run) {
  return fmt::format(
      "{} in {} {} lost: an ingest stores again what its sources still hold, --from REPO takes it "
      "from another repository; run 'varve repair packs' again afterwards",
      format_count(result.lost_chunks, "chunk"), format_count(result.hurt.size(), "file"),
      dry_run ? "would be" : "are");
}

int salvage_packs(CommandLine& line, const Request& request) {
  const SignalStop signals;
  const auto repository = line.open_repository();
  Progress progress("reading packs", !line.global.quiet, Progress::Unit::objects);
  PackRepairOptions options;
  if (!request.from.empty()) options.from = request.from;
  options.dry_run = request.dry_run;
  options.stop = signals.token();
  options.progress = [&](std::uint64_t done, std::uint64_t all) { progress.show(done, all); };
  const PackRepairResult result = repair_packs(*repository, options);
  progress.wipe();
  line.print_facts(pack_repair_json(result, options),
                   [&] { return pack_repair_text(result, options); });
  if (!result.hurt.empty()) line.warn(what_is_lost(result, request.dry_run));
  for (const std::string& record : result.hopeless_records) line.warn(record);
  return result.hurt.empty() && result.hopeless_records.empty() ? 0 : kExitWarning;
}

void refuse_useless_options(const Request& request) {
  if (request.what == "packs") return;
  if (!request.from.empty()) throw CLI::ValidationError("--from", "it goes with repair packs");
  if (request.dry_run) throw CLI::ValidationError("--dry-run", "it goes with repair packs");
}

}  // namespace

void add_repair(CLI::App& program, CommandLine& line) {
  CLI::App& command = add_command(
      program, "repair", "Put right what is damaged, as far as it can be.",
      "varve repair catalog\nvarve repair packs\nvarve repair packs --from /mnt/usb/backup");
  auto request = std::make_shared<Request>();
  command
      .add_option("WHAT", request->what,
                  "catalog: make the catalog anew; packs: save what is whole, name what is lost")
      ->required()
      ->check(CLI::IsMember({"catalog", "packs"}))
      ->option_text(" ");
  command
      .add_option("--from", request->from,
                  "packs: take what is lost from this repository, as far as it has it")
      ->option_text("REPO");
  command.add_flag("--dry-run", request->dry_run, "packs: change nothing; tell what would be");
  add_global_options(command, line.global, Facts::printed);
  command.callback([&line, request] {
    refuse_useless_options(*request);
    line.action = [request](CommandLine& l) {
      return request->what == "catalog" ? rebuild_catalog(l) : salvage_packs(l, *request);
    };
  });
}

}  // namespace varve::cli
