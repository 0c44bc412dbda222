#include "tools/drill/postgres_globals.h"

#include <algorithm>
#include <array>

namespace varve {
namespace {

constexpr std::string_view kBlank = " \t\r\n";

// Cuts a script at the semicolons that end its statements.
class Statements {
 public:
  explicit Statements(std::string_view script) : rest_(script) {}

  std::vector<std::string> all() {
    while (!rest_.empty()) take_next();
    finish();
    return std::move(found_);
  }

 private:
  void take_next() {
    const char front = rest_.front();
    const bool is_begin = current_.find_first_not_of(kBlank) == std::string::npos;
    if (rest_.starts_with("--") || (front == '\\' && is_begin)) {
      drop(std::min(rest_.find('\n'), rest_.size()));
    } else if (front == '\'' || front == '"') {
      take(length_of_quoted(front));
    } else if (front == ';') {
      drop(1);
      finish();
    } else {
      take(1);
    }
  }

  // A quote in it is doubled, or, in E'…', stands behind a backslash.
  std::size_t length_of_quoted(char quote) const {
    const bool has_escapes = quote == '\'' && (current_.ends_with("E") || current_.ends_with("e"));
    std::size_t at = 1;
    while (at < rest_.size() && rest_[at] != quote) {
      at += has_escapes && rest_[at] == '\\' ? 2U : 1U;
    }
    return std::min(at + 1, rest_.size());
  }

  void take(std::size_t count) {
    current_ += rest_.substr(0, count);
    rest_.remove_prefix(count);
  }
  void drop(std::size_t count) { rest_.remove_prefix(count); }

  void finish() {
    const std::size_t begin = current_.find_first_not_of(kBlank);
    if (begin != std::string::npos) {
      found_.push_back(current_.substr(begin, current_.find_last_not_of(kBlank) + 1 - begin));
    }
    current_.clear();
  }

  std::string_view rest_;
  std::string current_;
  std::vector<std::string> found_;
};

// The statement without what stands in quotes, to look for its words.
std::string words_of(const std::string& statement) {
  std::string words;
  char quote = 0;
  for (const char letter : statement) {
    if (quote == 0 && (letter == '\'' || letter == '"')) {
      quote = letter;
    } else if (letter == quote) {
      quote = 0;
    } else if (quote == 0) {
      words += letter;
    }
  }
  return words;
}

bool fits_scratch(const std::string& statement) {
  constexpr std::array kElsewhere = {" TABLESPACE ", " IN DATABASE ", "SET default_tablespace",
                                     "SET temp_tablespaces"};
  const std::string words = words_of(statement) + " ";
  return std::ranges::none_of(
      kElsewhere, [&](const char* part) { return words.find(part) != std::string::npos; });
}

}  // namespace

std::vector<std::string> globals_for_scratch(std::string_view script) {
  std::vector<std::string> statements = Statements(script).all();
  std::erase_if(statements, [](const std::string& one) { return !fits_scratch(one); });
  return statements;
}

}  // namespace varve
