// The tokens of an SQL statement as pg_dump writes it.
//
// pg_dump puts names with capitals, or that are reserved, in quotes, and writes its keywords in
// capitals: whether a word is a name or a keyword is seen from the word alone. Any bytes can be
// given; what is not closed ends with the text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace varve {

struct SqlToken {
  enum class Kind { keyword, name, text, sign };
  Kind kind = Kind::sign;
  std::string word;       // of a name without its quotes; of a literal nothing
  std::size_t begin = 0;  // in the statement
  std::size_t end = 0;

  bool is_keyword(std::string_view wanted) const { return kind == Kind::keyword && word == wanted; }
  bool is_sign(char wanted) const { return kind == Kind::sign && word.front() == wanted; }
};

// Numbers count as names.
std::vector<SqlToken> tokens_of(std::string_view sql);

}  // namespace varve
