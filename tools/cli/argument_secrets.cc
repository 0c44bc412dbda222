#include "tools/cli/argument_secrets.h"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace varve::cli {
namespace {

void overwrite(char* argument, std::size_t from, std::size_t to) {
  std::fill(argument + from, argument + to, 'x');
}

// SCHEME://USER:PASSWORD@…
void hide_in_uri(char* argument, std::string_view text) {
  const std::size_t scheme = text.find("://");
  const std::size_t at = text.rfind('@');
  if (scheme == text.npos || at == text.npos || at < scheme) return;
  const std::size_t colon = text.find(':', scheme + 3);
  if (colon < at) overwrite(argument, colon + 1, at);
}

// password=…, also as a parameter of a URI; quoted, it may hold blanks.
void hide_in_keywords(char* argument, std::string_view text) {
  constexpr std::string_view keyword = "password=";
  for (std::size_t at = text.find(keyword); at != text.npos; at = text.find(keyword, at + 1)) {
    const std::size_t begin = at + keyword.size();
    const bool quoted = begin < text.size() && text[begin] == '\'';
    const std::size_t end = quoted ? text.find('\'', begin + 1) : text.find_first_of(" &", begin);
    overwrite(argument, begin, std::min(end, text.size()));
  }
}

}  // namespace

void hide_passwords(int count, char** arguments) {
  for (int i = 1; i < count; ++i) {
    hide_in_uri(arguments[i], arguments[i]);
    hide_in_keywords(arguments[i], arguments[i]);
  }
}

}  // namespace varve::cli
