// The program: parses the command line, runs the command, and turns errors into one line on
// standard error and an exit status (core/error.h). Call it once, from main.
#pragma once

namespace varve::cli {

int run(int count, char** arguments);

}  // namespace varve::cli
