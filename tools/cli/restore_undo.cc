#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "store/core/error.h"
#include "store/read/file_reader.h"
#include "tools/cli/confirmation.h"
#include "tools/cli/format.h"
#include "tools/cli/host_name.h"
#include "tools/cli/json_output.h"
#include "tools/cli/restore_commands.h"
#include "tools/restore/path_undo.h"
#include "tools/restore/postgres_undo.h"
#include "tools/restore/redis_server_files.h"

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

bool is_rdb(Repository& repository, const FileEntry& file) {
  constexpr std::string_view kMagic = "REDIS";
  std::array<std::byte, kMagic.size()> front{};
  if (file.type != FileType::file) return false;
  FileReader reader(repository.chunks(), file, ChunkReader::Check::id);
  return reader.read(0, front) == front.size() && as_text(front) == kMagic;
}

void refuse_running_redis(Repository& repository, const UndoPlan& plan) {
  for (const UndoPlan::Group& group : plan.groups) {
    if (!is_rdb(repository, *group.main)) continue;
    const RedisAround around = redis_around(group.target);
    if (around.server) throw Error(ErrorCode::locked, in_the_way(*around.server, group.target));
  }
}

Error unasked(const PostgresAdmin& admin) {
  return Error(ErrorCode::failed,
               fmt::format("{} exists: --yes or --force replaces it", admin.location()));
}

// The safety snapshot that is to be put back, where it is not the newest one.
std::optional<Snapshot> named_snapshot(const RestoreSetting& setting) {
  if (setting.arguments.what.empty()) return std::nullopt;
  return setting.repository.resolve(setting.arguments.what);
}

// Where nothing was kept on the server: what was there is in a snapshot alone.
int restore_safety_snapshot(const RestoreSetting& setting, const PostgresAdmin& admin,
                            const PostgresUndo& undo) {
  RestoreArguments arguments = setting.arguments;
  if (!arguments.yes && !arguments.force && !arguments.dry_run && !can_ask()) throw unasked(admin);
  arguments.target = arguments.undo;
  arguments.force = true;
  const RestoreSetting again{setting.line, setting.repository, arguments, setting.signals};
  return restore_to_postgres(again, {*undo.safety, undo.safety_dump, {}});
}

}  // namespace

int undo_path(const RestoreSetting& setting) {
  const RestoreArguments& arguments = setting.arguments;
  const UndoPlan plan =
      plan_undo(setting.repository, arguments.undo, host_name(), named_snapshot(setting));
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
  refuse_running_redis(setting.repository, plan);
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
  for (const std::string& warning : result.warnings) setting.line.warn(warning);
  setting.line.print_facts(undo_json(plan, result, false), [&] { return undo_text(result, plan); });
  return result.warnings.empty() ? 0 : kExitWarning;
}

int undo_postgres(const RestoreSetting& setting) {
  CommandLine& line = setting.line;
  PostgresAdmin admin(setting.arguments.undo, setting.signals.token());
  const PostgresUndo undo =
      find_postgres_undo(setting.repository, admin, host_name(), named_snapshot(setting));
  if (!undo.kept) return restore_safety_snapshot(setting, admin, undo);
  const std::string& kept = undo.kept->name;
  const std::string what = printable(fmt::format(
      "{}, which was put aside at {}, takes the name {} again, and the present database "
      "is kept under another name",
      kept, to_iso(undo.kept->mark.since), admin.location()));
  if (setting.arguments.dry_run) {
    line.print_facts(postgres_undo_json(kept, admin.location(), "", true),
                     [&] { return what + "; nothing was done"; });
    return 0;
  }
  if (!may_replace(setting, what + "; sessions in it end. Go on?")) throw unasked(admin);
  const std::string aside = undo_postgres_swap(setting.repository, admin, *undo.kept);
  line.print_facts(postgres_undo_json(kept, admin.location(), aside, false), [&] {
    const std::string text = printable(fmt::format("{} is what {} was", admin.location(), kept));
    return aside.empty() ? text : printable(fmt::format("{}; what it was is {} now", text, aside));
  });
  return 0;
}

}  // namespace varve::cli
