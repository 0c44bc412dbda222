#include <fmt/format.h>

#include <algorithm>

#include "store/core/error.h"
#include "tools/cli/format.h"
#include "tools/cli/host_name.h"
#include "tools/cli/json_output.h"
#include "tools/cli/restore_commands.h"
#include "tools/restore/path_undo.h"

namespace varve::cli {
namespace {

std::string undo_question(const UndoPlan& plan, const Path& target) {
  std::uint64_t bytes = 0;
  for (const UndoPlan::Group& group : plan.groups) bytes += group.main->size;
  return printable(
      fmt::format("Put back what was at {} until {} ({}), in place of what is there "
                  "now?",
                  target.native(), to_iso(plan.safety.snapshot.time), format_bytes(bytes)));
}

std::string undo_text(const UndoResult& result, const UndoPlan& plan) {
  std::string text;
  if (result.safety) {
    text += fmt::format("safety snapshot {} holds what was replaced\n", result.safety->name);
  }
  for (const Path& file : result.files) text += printable(file.native()) + "\n";
  return text + fmt::format("put back {} of {}", format_count(result.files.size(), "file"),
                            plan.safety.snapshot.name);
}

}  // namespace

int undo_path(const RestoreSetting& setting) {
  const RestoreArguments& arguments = setting.arguments;
  const UndoPlan plan = plan_undo(setting.repository, arguments.undo, host_name());
  if (arguments.dry_run) {
    setting.line.print_facts(undo_json(plan, {}, true), [&] {
      std::string text;
      for (const UndoPlan::Group& group : plan.groups) {
        text += printable(fmt::format("would put back {} ({}) of {}", group.target.native(),
                                      format_bytes(group.main->size), plan.safety.snapshot.name)) +
                "\n";
      }
      return text + "nothing was done";
    });
    return 0;
  }
  const bool replaces = std::ranges::any_of(
      plan.groups, [](const UndoPlan::Group& group) { return group.present.has_value(); });
  if (replaces && !may_replace(setting, undo_question(plan, arguments.undo))) {
    throw Error(
        ErrorCode::failed,
        fmt::format("cannot put {} back: it exists; --yes or --force replaces it", arguments.undo));
  }
  const UndoResult result =
      undo(setting.repository, plan,
           {.safety = !arguments.no_safety, .host = host_name(), .stop = setting.signals.token()});
  for (const std::string& warning : plan.warnings) setting.line.warn(warning);
  setting.line.print_facts(undo_json(plan, result, false), [&] { return undo_text(result, plan); });
  return plan.warnings.empty() ? 0 : kExitWarning;
}

}  // namespace varve::cli
