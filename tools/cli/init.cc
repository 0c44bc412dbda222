#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>

#include "store/transform/parity_shape.h"
#include "tools/cli/commands.h"
#include "tools/cli/help.h"
#include "tools/cli/json_output.h"
#include "tools/cli/signals.h"

namespace varve::cli {
namespace {

// "5%", or "5".
std::uint32_t parse_percent(std::string_view text) {
  if (text.ends_with('%')) text.remove_suffix(1);
  std::uint32_t percent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), percent);
  if (error != std::errc() || end != text.data() + text.size() || percent < 1 ||
      percent > kMostParity) {
    throw CLI::ValidationError("--parity",
                               fmt::format("it is a whole number from 1% to {}%", kMostParity));
  }
  return percent;
}

int create_repository(CommandLine& line, const std::string& named, std::uint32_t parity_percent) {
  const SignalStop deferred;  // half a repository is none
  const Path path =
      std::filesystem::absolute(named.empty() ? line.global.repository_path() : Path(named));
  RepositoryConfig config;
  config.parity_percent = parity_percent;
  Repository::create(path, config);
  line.print_facts(init_json(path), [&] {
    return fmt::format("{} is a repository now. Next: varve -r {} ingest DATABASE", path.native(),
                       path.native());
  });
  return 0;
}

}  // namespace

void add_init(CLI::App& program, CommandLine& line) {
  CLI::App& command = add_command(program, "init", "Create a repository.",
                                  "varve init /srv/backup\nvarve init /srv/backup --parity 5%");
  auto path = std::make_shared<std::string>();
  auto parity = std::make_shared<std::string>();
  command
      .add_option("REPO", *path, "a folder that is empty or does not exist; default: that of -r")
      ->option_text(" ");
  command
      .add_option("--parity", *parity,
                  "keep parity of this share of what is stored, out of which damage is healed")
      ->option_text("P%");
  add_global_options(command, line.global, Facts::printed);
  command.callback([&line, path, parity, &command] {
    const std::uint32_t percent = command.count("--parity") > 0 ? parse_percent(*parity) : 0;
    line.action = [path, percent](CommandLine& l) { return create_repository(l, *path, percent); };
  });
}

}  // namespace varve::cli
