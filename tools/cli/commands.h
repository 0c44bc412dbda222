// The commands of varve. Each function adds one to the program: its options, its help, and what
// it does (CommandLine::action) when it is the one that was named.
#pragma once

#include "tools/cli/command_line.h"

namespace CLI {
class App;
}

namespace varve::cli {

void add_init(CLI::App& program, CommandLine& line);
void add_ingest(CLI::App& program, CommandLine& line);
void add_import(CLI::App& program, CommandLine& line);
void add_list(CLI::App& program, CommandLine& line);
void add_mount(CLI::App& program, CommandLine& line);
void add_umount(CLI::App& program, CommandLine& line);
void add_cat(CLI::App& program, CommandLine& line);
void add_repair(CLI::App& program, CommandLine& line);
void add_restore(CLI::App& program, CommandLine& line);
void add_verify(CLI::App& program, CommandLine& line);
void add_drill(CLI::App& program, CommandLine& line);
void add_diff(CLI::App& program, CommandLine& line);
void add_log(CLI::App& program, CommandLine& line);
void add_recover_rows(CLI::App& program, CommandLine& line);
void add_check(CLI::App& program, CommandLine& line);
void add_config(CLI::App& program, CommandLine& line);
void add_forget(CLI::App& program, CommandLine& line);
void add_gc(CLI::App& program, CommandLine& line);
void add_stats(CLI::App& program, CommandLine& line);

}  // namespace varve::cli
