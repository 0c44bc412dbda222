#include "tools/cli/help.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

namespace varve::cli {
namespace {

constexpr std::size_t kColumnOfDescriptions = 26;

constexpr std::string_view kProgramFooter =
    R"(SNAPSHOT is its name, a front part of it that fits only one, latest, latest:SOURCE,
or a time (the newest snapshot at or before it).

Examples:
  varve init /srv/backup
  export VARVE_REPO=/srv/backup
  varve ingest /srv/app/history.db
  varve mount /mnt/backups
  sqlite3 /mnt/backups/latest/history.db 'SELECT count(*) FROM users'
  varve restore latest:history.db:history.db /tmp/history.db

Exit status:
  0    done
  1    failed; the repository is as it was, or damaged where check says so
  2    the command line asks for what cannot be
  3    done, but a warning needs a look
  10   there is no such repository
  11   another process holds what is needed
  12   the repository's key does not open it
  130  interrupted)";

// Titles and spacing as in the manual page, where CLI11 has its own.
class HelpFormat : public CLI::Formatter {
 public:
  HelpFormat() {
    label("Positionals", "Arguments");
    label("SUBCOMMAND", "COMMAND");
    label("OPTIONS", "OPTION...");
    label("REQUIRED", "");
    column_width(kColumnOfDescriptions);
  }

  std::string make_usage(const CLI::App* app, std::string name) const override {
    return "\n" + CLI::Formatter::make_usage(app, std::move(name));
  }

  // "-h, --help"; a flag's default value, which CLI11 writes into its name, stays out.
  std::string make_option_name(const CLI::Option* option, bool is_positional) const override {
    std::string name = CLI::Formatter::make_option_name(option, is_positional);
    if (const auto brace = name.find('{'); brace != std::string::npos) name.resize(brace);
    if (const auto comma = name.find(','); comma != std::string::npos)
      name.insert(comma + 1, 1, ' ');
    return name;
  }

  std::string make_option_opts(const CLI::Option* option) const override {
    const std::string& text = option->get_option_text();
    if (text.starts_with('[')) return text;
    // What a flag excludes is told where somebody tries it.
    const bool is_flag = option->get_expected_max() == 0;
    return is_flag && text.empty() ? text : CLI::Formatter::make_option_opts(option);
  }
};

// CLI11 leaves two empty lines between groups of options.
std::string without_double_gaps(std::string text) {
  for (auto at = text.find("\n\n\n"); at != std::string::npos; at = text.find("\n\n\n")) {
    text.erase(at, 1);
  }
  return text;
}

std::string indented(const std::string& lines) {
  std::string out;
  for (const std::string& line : CLI::detail::split(lines, '\n')) out += "\n  " + line;
  return out;
}

}  // namespace

void describe_program(CLI::App& program, GlobalOptions& options) {
  program.name("varve");
  program.description("varve keeps snapshots of databases and mounts them as dated folders.");
  program.formatter(std::make_shared<HelpFormat>());
  program.set_help_flag("-h,--help", "explain varve, or the command named");
  program.set_version_flag("--version", "varve " VARVE_VERSION, "print the version");
  program.footer(std::string(kProgramFooter));
  program.require_subcommand(1);
  add_global_options(program, options, Facts::printed);
}

CLI::App& add_command(CLI::App& program, const std::string& name, const std::string& description,
                      const std::string& examples) {
  CLI::App* command = program.add_subcommand(name, description);
  command->group("Commands");
  const bool several = examples.find('\n') != std::string::npos;
  command->footer(fmt::format("{}:{}", several ? "Examples" : "Example", indented(examples)));
  return *command;
}

std::string help_of(const CLI::App& program, const CLI::App& command) {
  const std::string text = &command == &program ? program.help() : command.help("varve");
  return without_double_gaps(text);
}

}  // namespace varve::cli
