#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "store/core/error.h"
#include "tools/cli/commands.h"
#include "tools/cli/diff_report.h"
#include "tools/cli/help.h"
#include "tools/cli/signals.h"
#include "tools/compare/diff_script.h"

namespace varve::cli {
namespace {

struct DiffArguments {
  std::string before;
  std::string after;
  std::string path;
  bool rows = false;
  bool sql = false;
};

constexpr std::size_t kScriptBuffer = 64u << 10;  // bytes written at a time

bool are_databases(ChunkReader& chunks, const FileChange& change) {
  return change.kind == ChangeKind::changed && change.has_new_content &&
         is_sqlite_file(chunks, *change.before) && is_sqlite_file(chunks, *change.after);
}

StoredPair open_pair(ChunkReader& chunks, const FileChange& change, const DiffReport& report) {
  return {chunks,
          *change.before,
          fmt::format("{} of {}", change.path(), report.before),
          *change.after,
          fmt::format("{} of {}", change.path(), report.after),
          {}};
}

DatabaseReport compare_databases(const StoredPair& pair, bool with_rows) {
  const SqliteDiff& diff = pair.diff();
  DatabaseReport report;
  report.schema = diff.schema();
  if (pair.pages() != nullptr) report.differing_pages = pair.pages()->changes().pages().size();
  for (const std::string& table : diff.tables()) {
    TableReport found;
    TakeRowChange take;
    if (with_rows) take = [&](const RowChange& row) { found.rows.push_back(row); };
    found.change = diff.compare(table, take).value();
    if (found.change.has_row_changes()) report.tables.push_back(std::move(found));
  }
  return report;
}

void write_script(CommandLine& line, const StoredPair& pair) {
  std::string buffer;
  const auto flush = [&] {
    line.out.write(as_bytes(buffer));
    buffer.clear();
  };
  write_diff_script(pair.diff(), pair.before(), pair.after(), [&](std::string_view sql) {
    buffer += sql;
    if (buffer.size() >= kScriptBuffer) flush();
  });
  flush();
}

// The one database that a script can be about.
int print_script(CommandLine& line, ChunkReader& chunks, const DiffReport& report,
                 const std::string& path) {
  const FileChange* found = nullptr;
  for (const FileReport& file : report.files) {
    if (!are_databases(chunks, file.change)) {
      if (path.empty()) continue;
      throw Error(ErrorCode::usage, fmt::format("--sql is about one database that both snapshots "
                                                "have, and {} is none",
                                                file.change.path()));
    }
    if (found != nullptr) {
      throw Error(ErrorCode::usage,
                  fmt::format("--sql is about one database: write {} or {} behind the snapshots",
                              found->path(), file.change.path()));
    }
    found = &file.change;
  }
  if (found != nullptr) write_script(line, open_pair(chunks, *found, report));
  return 0;
}

int run_diff(CommandLine& line, const DiffArguments& arguments) {
  exit_at_signals();
  if (arguments.sql && (line.global.json || arguments.rows)) {
    throw Error(ErrorCode::usage, "--sql goes neither with --json nor with --rows");
  }
  const auto repository = line.open_repository();
  ChunkReader& chunks = repository->chunks();
  const Snapshot before = repository->resolve(arguments.before);
  const Snapshot after = repository->resolve(arguments.after);
  std::optional<std::string> path;
  if (!arguments.path.empty()) path = arguments.path;

  DiffReport report{before.name, after.name, {}, arguments.rows};
  for (const FileChange& change : compare_snapshots(chunks, before, after, path)) {
    report.files.push_back({change, {}});
  }
  if (arguments.sql) return print_script(line, chunks, report, arguments.path);
  int status = 0;
  for (FileReport& file : report.files) {
    if (!are_databases(chunks, file.change)) continue;
    try {
      file.database = compare_databases(open_pair(chunks, file.change, report), arguments.rows);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::interrupted) throw;
      line.warn(fmt::format("the rows were not compared: {}", error.what()));
      status = kExitWarning;
    }
  }
  line.print_facts(diff_json(report), [&] { return diff_text(report); });
  return status;
}

}  // namespace

void add_diff(CLI::App& program, CommandLine& line) {
  CLI::App& command = add_command(program, "diff", "Say what changed between two snapshots.",
                                  "varve diff 2026-11-20 latest\n"
                                  "varve diff 2026-11-20 latest history.db --rows\n"
                                  "varve diff 2026-11-20 latest history.db --sql > changes.sql");
  auto arguments = std::make_shared<DiffArguments>();
  command.add_option("A", arguments->before, "the one snapshot, as a rule the older one")
      ->required()
      ->option_text(" ");
  command.add_option("B", arguments->after, "the other one")->required()->option_text(" ");
  command.add_option("PATH", arguments->path, "look at this file or folder only")->option_text(" ");
  command.add_flag("--rows", arguments->rows, "show the rows of SQLite databases that differ");
  command.add_flag("--sql", arguments->sql,
                   "print a script that turns A's SQLite database into B's");
  add_global_options(command, line.global, Facts::printed);
  command.callback([&line, arguments] {
    line.action = [arguments](CommandLine& l) { return run_diff(l, *arguments); };
  });
}

}  // namespace varve::cli
