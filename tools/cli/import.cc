#include <CLI/CLI.hpp>
#include <cstdlib>
#include <memory>

#include "store/core/error.h"
#include "tools/cli/commands.h"
#include "tools/cli/help.h"
#include "tools/cli/import_report.h"
#include "tools/cli/import_run.h"
#include "tools/cli/json_output.h"
#include "tools/cli/signals.h"
#include "tools/cli/source_names.h"

namespace varve::cli {
namespace {

struct ImportArguments {
  ImportRequest request;
  bool utc = false;
};

// A dry run does without one.
std::unique_ptr<Repository> repository_for(CommandLine& line, const ImportArguments& arguments) {
  try {
    auto repository = line.open_repository();
    refuse_path_inside(repository->path(), arguments.request.folder);
    return repository;
  } catch (const Error& error) {
    const bool is_missing =
        error.code() == ErrorCode::no_repository ||
        (line.global.repository.empty() && std::getenv("VARVE_REPO") == nullptr);
    if (arguments.request.dry_run && is_missing) return nullptr;
    throw;
  }
}

int run_import(CommandLine& line, const ImportArguments& arguments) {
  const SignalStop signals;
  ImportRequest request = arguments.request;
  request.plan.times = arguments.utc ? NamedTimes::utc : NamedTimes::local;
  for (const std::string& tag : request.tags) require_valid_tag(tag);
  for (const std::string& name : {request.plan.as, request.plan.prefix}) {
    if (!name.empty()) require_valid_source_name(name, request.folder);
  }
  const auto repository = repository_for(line, arguments);
  ImportRun run(line, request, repository.get(), signals.token());
  const ImportReport report = run.run();
  line.print_facts(import_json(report), [&] { return import_text(report); });
  return run.has_warned() ? kExitWarning : 0;
}

void add_options(CLI::App& command, ImportArguments& arguments) {
  ImportRequest& request = arguments.request;
  command.add_option("FOLDER", request.folder, "the folder that holds the backups")
      ->required()
      ->option_text(" ");
  command
      .add_option("--as", request.plan.as,
                  "what the source is called; for a folder of one source's backups")
      ->option_text("NAME");
  command.add_option("--prefix", request.plan.prefix, "text in front of each source's name")
      ->option_text("TEXT");
  command.add_flag("--utc", arguments.utc, "times in names are UTC; default: this machine's zone");
  command.add_flag("--newer", request.newer,
                   "only backups newer than their source's newest snapshot");
  command.add_flag("--dry-run", request.dry_run, "store nothing; tell what it would come to");
  command.add_option("--tag", request.tags, "a mark for each snapshot; may be repeated")
      ->option_text("T")
      ->allow_extra_args(false);
  command
      .add_option("--verify", request.verify, "how each stored snapshot is proven; default: full")
      ->option_text("none|quick|full")
      ->check(CLI::IsMember({"none", "quick", "full"}));
}

}  // namespace

void add_import(CLI::App& program, CommandLine& line) {
  CLI::App& command = add_command(program, "import", "Take over a folder of dated backup files.",
                                  "varve import /srv/old-backups --dry-run\n"
                                  "varve import /srv/old-backups\n"
                                  "varve import /srv/app2-backups --prefix app2-");
  auto arguments = std::make_shared<ImportArguments>();
  add_options(command, *arguments);
  add_global_options(command, line.global, Facts::printed);
  command.callback([&line, arguments] {
    line.action = [arguments](CommandLine& l) { return run_import(l, *arguments); };
  });
}

}  // namespace varve::cli
