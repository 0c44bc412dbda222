#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "store/core/error.h"
#include "store/repository/readable_snapshots.h"
#include "store/snapshots/proof.h"
#include "tools/cli/commands.h"
#include "tools/cli/format.h"
#include "tools/cli/help.h"
#include "tools/cli/json_output.h"
#include "tools/cli/signals.h"

namespace varve::cli {
namespace {

std::vector<std::string> names_of_sources(const Snapshot& snapshot) {
  std::vector<std::string> names;
  for (const SourceInfo& source : snapshot.sources) names.push_back(source.name);
  return names;
}

constexpr std::string_view kNoSnapshot = "There is no snapshot yet. Next: varve ingest DATABASE";

std::string table_of(const std::vector<Snapshot>& snapshots) {
  using enum Table::Align;
  Table table({{"SNAPSHOT", left},
               {"FILES", right},
               {"SIZE", right},
               {"ADDED", right},
               {"VERIFIED", left},
               {"SOURCES", left},
               {"TAGS", left}});
  for (const Snapshot& snapshot : snapshots) {
    table.add({snapshot.name, format_count(snapshot.count(FileType::file)),
               format_bytes(snapshot.raw_bytes()), format_bytes(snapshot.added_bytes),
               snapshot.verified(), join(names_of_sources(snapshot)), join(snapshot.tags)});
  }
  return table.text();
}

std::string heading_of(const Snapshot& snapshot) {
  std::string text = fmt::format("{} of {}, {}", snapshot.name, snapshot.host,
                                 format_count(snapshot.count(FileType::file), "file"));
  if (!snapshot.tags.empty()) text += ", tagged " + join(snapshot.tags);
  return printable(text) + "\n\n";
}

// As ls -F would write it.
std::string name_of(const FileEntry& file) {
  if (file.type == FileType::folder) return file.path + "/";
  return file.type == FileType::link ? fmt::format("{} -> {}", file.path, file.target) : file.path;
}

std::string hash_text(const Snapshot& snapshot, const FileEntry& file) {
  if (file.type != FileType::file) return {};
  const std::optional<Sha256> hash = snapshot.sha256_of(file.path);
  return hash ? to_hex(hash->view()) : "not known";
}

std::string table_of_files(const Snapshot& snapshot) {
  using enum Table::Align;
  Table table(
      {{"FILE", left}, {"SIZE", right}, {"SOURCE", left}, {"VERIFIED", left}, {"SHA-256", left}});
  for (const FileEntry& file : snapshot.files) {
    const std::string& source = snapshot.sources.at(file.source).name;
    table.add({name_of(file), file.type == FileType::file ? format_bytes(file.size) : "", source,
               snapshot.verified(source), hash_text(snapshot, file)});
  }
  return table.text();
}

std::string rows_of(const Attestation& proof) {
  if (proof.row_counts.empty()) return {};
  std::uint64_t rows = 0;
  for (const auto& [table, count] : proof.row_counts) rows += count;
  return format_count(rows);
}

// How each source was proven last, or how well.
std::string table_of_proofs(const Snapshot& snapshot) {
  using enum Table::Align;
  Table table({{"SOURCE", left},
               {"VERIFIED", left},
               {"AT", left},
               {"RESTORED IN", right},
               {"ROWS", right},
               {"ASSERTIONS", right},
               {"BY", left}});
  bool is_empty = true;
  for (const SourceInfo& source : snapshot.sources) {
    const Attestation* proof = deciding_attestation(snapshot, source.name);
    if (proof == nullptr) continue;
    is_empty = false;
    table.add(
        {source.name, proof->passed ? proof->level : "failed", to_iso(proof->time),
         proof->restore_seconds > 0 ? format_seconds(proof->restore_seconds) : "", rows_of(*proof),
         proof->assertions.empty() ? "" : format_count(proof->assertions.size()), proof->program});
  }
  return is_empty ? "" : "\n" + table.text();
}

// What a failed verification had to say.
std::string faults_of(const Snapshot& snapshot) {
  std::string text;
  for (const SourceInfo& source : snapshot.sources) {
    const Attestation* attestation = deciding_attestation(snapshot, source.name);
    if (attestation == nullptr || attestation->passed) continue;
    text +=
        printable(fmt::format("{} failed its verification: {}", source.name, attestation->detail)) +
        "\n";
  }
  return text.empty() ? text : "\n" + text;
}

int list_files(CommandLine& line, const Snapshot& snapshot) {
  line.print_facts(snapshot_files_json(snapshot), [&] {
    return heading_of(snapshot) + table_of_files(snapshot) + table_of_proofs(snapshot) +
           faults_of(snapshot);
  });
  return 0;
}

int list_snapshots(CommandLine& line, const ReadableSnapshots& found) {
  line.print_facts(snapshots_json(found.snapshots), [&] {
    return found.snapshots.empty() && found.unreadable.empty() ? std::string(kNoSnapshot)
                                                               : table_of(found.snapshots);
  });
  for (const std::string& one : found.unreadable) line.warn(one);
  return found.unreadable.empty() ? 0 : kExitWarning;
}

int list(CommandLine& line, const std::string& named) {
  exit_at_signals();
  const auto repository = line.open_repository();
  return named.empty() ? list_snapshots(line, readable_snapshots(*repository))
                       : list_files(line, repository->resolve(named));
}

}  // namespace

void add_list(CLI::App& program, CommandLine& line) {
  CLI::App& command = add_command(program, "list", "List the snapshots, or the files of one.",
                                  "varve list\nvarve list latest --json");
  auto snapshot = std::make_shared<std::string>();
  command.add_option("SNAPSHOT", *snapshot, "list its files")->option_text(" ");
  add_global_options(command, line.global, Facts::printed);
  command.callback([&line, snapshot] {
    line.action = [snapshot](CommandLine& l) { return list(l, *snapshot); };
  });
}

}  // namespace varve::cli
