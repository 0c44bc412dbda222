#include "tools/cli/run.h"

int main(int count, char** arguments) { return varve::cli::run(count, arguments); }
