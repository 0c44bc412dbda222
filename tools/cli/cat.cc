#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "store/core/error.h"
#include "store/read/file_reader.h"
#include "tools/cli/commands.h"
#include "tools/cli/help.h"
#include "tools/cli/signals.h"
#include "tools/cli/snapshot_argument.h"

namespace varve::cli {
namespace {

constexpr std::uint64_t kPiece = 1u << 20;  // bytes read at a time where nobody needs them all

void refuse_unless_file(const SnapshotArgument& found) {
  if (found.is_folder()) {
    throw Error(ErrorCode::usage,
                fmt::format("{} is a folder: varve restore writes it to one", *found.path));
  }
  if (found.file().type == FileType::link) {
    throw Error(ErrorCode::usage, fmt::format("{} is a symbolic link to {}: name the file itself",
                                              *found.path, found.file().target));
  }
}

int print_file(CommandLine& line, const std::string& named) {
  exit_at_signals();
  const auto repository = line.open_repository();
  const SnapshotArgument found =
      find_file(named, [&](const std::string& text) { return repository->resolve(text); });
  refuse_unless_file(found);
  FileReader reader(repository->chunks(), found.file(), ChunkReader::Check::id);
  Bytes piece(kPiece);
  for (std::uint64_t offset = 0; offset < reader.size() && !line.out.reader_is_gone();) {
    const std::size_t count = reader.read(offset, piece);
    line.out.write(ByteView(piece).first(count));
    offset += count;
  }
  return 0;
}

}  // namespace

void add_cat(CLI::App& program, CommandLine& line) {
  CLI::App& command = add_command(program, "cat", "Write one file to standard output.",
                                  "varve cat latest:history.db | sha256sum\n"
                                  "varve cat 2026-11-21T02-00-00Z:history.db > history.db");
  auto file = std::make_shared<std::string>();
  command.add_option("SNAPSHOT:PATH", *file, "the file; every chunk is checked against its id")
      ->required()
      ->option_text(" ");
  add_global_options(command, line.global, Facts::none);
  command.callback(
      [&line, file] { line.action = [file](CommandLine& l) { return print_file(l, *file); }; });
}

}  // namespace varve::cli
