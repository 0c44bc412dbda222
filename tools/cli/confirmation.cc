#include "tools/cli/confirmation.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <iostream>

#include "tools/cli/format.h"

namespace varve::cli {

bool can_ask() { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1; }

bool confirm(const std::string& question) {
  std::cerr << printable(question) << " [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  std::ranges::transform(answer, answer.begin(), [](unsigned char letter) {
    return static_cast<char>(std::tolower(letter));
  });
  return answer == "y" || answer == "yes";
}

}  // namespace varve::cli
