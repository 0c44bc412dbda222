#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "store/core/error.h"
#include "tools/cli/commands.h"
#include "tools/cli/format.h"
#include "tools/cli/help.h"
#include "tools/cli/json_text.h"
#include "tools/cli/row_output.h"
#include "tools/cli/signals.h"
#include "tools/compare/file_history.h"

namespace varve::cli {
namespace {

using Json = nlohmann::ordered_json;

const char* event_word(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::added:
      return "appeared";
    case ChangeKind::removed:
      return "vanished";
    case ChangeKind::changed:
      break;
  }
  return "changed";
}

std::string text_of_row(const HistoryEvent& event) {
  const std::string row = row_text(*event.table, *event.row);
  // Of a changed one without the key in front: the question has it.
  return event.kind == ChangeKind::changed ? row.substr(row.find(": ") + 2) : row;
}

std::string text_of(const HistoryEvent& event) {
  std::vector<std::string> parts;
  if (event.row) {
    parts.push_back(text_of_row(event));
  } else if (event.table) {
    const std::string counts = counts_text(*event.table);
    if (!counts.empty()) parts.push_back("rows: " + counts);
  } else if (event.kind == ChangeKind::changed) {
    parts.push_back(fmt::format("{}, {} in chunks that differ", format_bytes(event.size),
                                format_bytes(event.differing)));
  } else if (event.kind == ChangeKind::added) {
    parts.push_back(format_bytes(event.size));
  }
  parts.insert(parts.end(), event.schema_changes.begin(), event.schema_changes.end());
  return join(parts, "; ");
}

std::string text_of(const std::vector<HistoryEvent>& events,
                    const std::vector<Snapshot>& snapshots) {
  using enum Table::Align;
  Table table({{"SNAPSHOT", left}, {"CHANGE", left}, {"WHAT", left}});
  for (const HistoryEvent& event : events) {
    std::string what = text_of(event);
    if (event.kind == ChangeKind::removed && event.previous) {
      what = fmt::format("last seen in {}{}{}", snapshots[*event.previous].name,
                         what.empty() ? "" : ": ", what);
    }
    table.add({snapshots[event.snapshot].name, event_word(event.kind), what});
  }
  return table.text();
}

std::string json_of(const HistoryQuestion& question, const std::vector<HistoryEvent>& events,
                    const std::vector<Snapshot>& snapshots) {
  Json list = Json::array();
  for (const HistoryEvent& event : events) {
    Json one = {{"snapshot", snapshots[event.snapshot].name},
                {"time", to_iso(snapshots[event.snapshot].time)},
                {"previous", event.previous ? Json(snapshots[*event.previous].name) : Json()},
                {"change", event_word(event.kind)}};
    if (event.row) {
      one["before"] = row_json(event.table->columns, event.row->before);
      one["after"] = row_json(event.table->columns, event.row->after);
    } else if (event.table) {
      one.update({{"added", event.table->added},
                  {"removed", event.table->removed},
                  {"changed", event.table->changed}});
    } else {
      one.update({{"raw_bytes", event.size}, {"differing_bytes", event.differing}});
    }
    one["schema"] = event.schema_changes;
    list.push_back(std::move(one));
  }
  const Json json = {{"path", question.path},
                     {"table", question.table.empty() ? Json() : Json(question.table)},
                     {"key", question.key ? Json(*question.key) : Json()},
                     {"events", list}};
  return json_text(json);
}

int run_log(CommandLine& line, const HistoryQuestion& question) {
  exit_at_signals();
  if (question.key && question.table.empty()) {
    throw Error(ErrorCode::usage, "--key wants --table: whose key is it?");
  }
  const auto repository = line.open_repository();
  const std::vector<Snapshot> snapshots = repository->snapshots();
  const HistoryAnswer answer = history_of(*repository, snapshots, question, {});
  line.print_facts(json_of(question, answer.events, snapshots),
                   [&] { return text_of(answer.events, snapshots); });
  for (const std::string& warning : answer.warnings) line.warn(warning);
  return answer.warnings.empty() ? 0 : kExitWarning;
}

}  // namespace

void add_log(CLI::App& program, CommandLine& line) {
  CLI::App& command = add_command(
      program, "log", "Say in which snapshots a file, a table or one row changed, newest first.",
      "varve log history.db\n"
      "varve log history.db --table users\n"
      "varve log history.db --table users --key 4711");
  auto question = std::make_shared<HistoryQuestion>();
  command.add_option("PATH", question->path, "a file or folder of the snapshots")
      ->required()
      ->option_text(" ");
  command.add_option("--table", question->table, "of a SQLite database")->option_text("T");
  command
      .add_option(
          "--key", question->key,
          "of one row: its primary key, columns with commas between ('a,b' in quotes, a blob as "
          "X'00ff'); else its rowid")
      ->option_text("K");
  add_global_options(command, line.global, Facts::printed);
  command.callback([&line, question] {
    line.action = [question](CommandLine& l) { return run_log(l, *question); };
  });
}

}  // namespace varve::cli
