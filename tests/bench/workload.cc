// varve-workload: the benchmark's database, its hourly states, and the truth about what changed.
#include <CLI/CLI.hpp>
#include <cstdint>
#include <exception>
#include <iostream>
#include <string>

#include "tests/bench/workload/compare.h"
#include "tests/bench/workload/shop.h"

namespace {

struct Arguments {
  std::string database;
  std::string other;
  std::int64_t mebibytes = 1024;
  double percent = 2.0;
  std::uint64_t state = 1;
  std::uint64_t seed = 1;
};

void print_changed(const std::string& before, const std::string& after) {
  const varve::bench::Difference found = varve::bench::compare(before, after);
  std::cout << R"({"pages":)" << found.pages << R"(,"changed_pages":)" << found.changed_pages  //
            << R"(,"extents":)" << found.extents << R"(,"changed_extents":)"
            << found.changed_extents << "}\n";
}

void add_commands(CLI::App& app, Arguments& arguments) {
  app.require_subcommand(1);
  CLI::App* create = app.add_subcommand("create", "Fill a new database");
  create->add_option("DB", arguments.database, "The file to make")->required();
  create->add_option("--mib", arguments.mebibytes, "Its size in MiB, about")
      ->check(CLI::Range(8, 1 << 20));
  create->add_option("--seed", arguments.seed, "Another seed, other bytes");
  create->callback(
      [&] { varve::bench::create_shop(arguments.database, arguments.mebibytes, arguments.seed); });

  CLI::App* advance = app.add_subcommand("advance", "Move a database on by one hourly state");
  advance->add_option("DB", arguments.database, "The file to change")
      ->required()
      ->check(CLI::ExistingFile);
  advance->add_option("--percent", arguments.percent, "How many of its pages change")
      ->check(CLI::Range(0.0, 100.0));
  advance->add_option("--state", arguments.state, "The state's number, 1 for the first")
      ->check(CLI::PositiveNumber);
  advance->add_option("--seed", arguments.seed, "Another seed, other changes");
  advance->callback([&] {
    varve::bench::advance_shop(arguments.database, arguments.percent, arguments.state,
                               arguments.seed);
  });

  CLI::App* changed =
      app.add_subcommand("changed", "Count the pages and extents that differ, as JSON");
  changed->add_option("A", arguments.database, "The earlier file")
      ->required()
      ->check(CLI::ExistingFile);
  changed->add_option("B", arguments.other, "The later file")->required()->check(CLI::ExistingFile);
  changed->callback([&] { print_changed(arguments.database, arguments.other); });
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("The varve benchmark's workload");
  Arguments arguments;
  add_commands(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  } catch (const std::exception& error) {
    std::cerr << "varve-workload: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
