#include "tools/compare/sql_tokens.h"

#include <utility>

namespace varve {
namespace {

using Kind = SqlToken::Kind;

bool is_capital(char letter) { return letter >= 'A' && letter <= 'Z'; }
bool is_blank(char letter) { return letter == ' ' || (letter >= '\t' && letter <= '\r'); }
// Letters beyond ASCII belong to names.
bool is_of_word(char letter) {
  return is_capital(letter) || (letter >= 'a' && letter <= 'z') ||
         (letter >= '0' && letter <= '9') || letter == '_' || letter == '$' ||
         static_cast<unsigned char>(letter) >= 0x80;
}

class Reader {
 public:
  explicit Reader(std::string_view sql) : sql_(sql) {}

  std::vector<SqlToken> run() {
    while (true) {
      while (at_ < sql_.size() && is_blank(sql_[at_])) ++at_;
      if (at_ == sql_.size()) return std::move(tokens_);
      token_ = {};
      token_.begin = at_;
      read_one();
      token_.end = at_;
      tokens_.push_back(std::move(token_));
    }
  }

 private:
  void read_one() {
    const char first = sql_[at_];
    if (first == '"') return read_quoted(Kind::name, false);
    if (first == '\'') return read_quoted(Kind::text, false);
    if (is_of_word(first)) return read_word();
    token_.word = first;
    ++at_;
  }

  void read_word() {
    while (at_ < sql_.size() && is_of_word(sql_[at_])) token_.word += sql_[at_++];
    const bool is_escaped = token_.word == "E" && at_ < sql_.size() && sql_[at_] == '\'';
    if (is_escaped) return read_quoted(Kind::text, true);
    token_.kind = is_capital(token_.word.front()) ? Kind::keyword : Kind::name;
  }

  // A doubled quote stands for one.
  void read_quoted(Kind kind, bool has_escapes) {
    token_.kind = kind;
    token_.word.clear();
    const char quote = sql_[at_];
    for (++at_; at_ < sql_.size(); ++at_) {
      if (has_escapes && sql_[at_] == '\\' && at_ + 1 < sql_.size()) {
        ++at_;
      } else if (sql_[at_] == quote) {
        ++at_;
        if (at_ == sql_.size() || sql_[at_] != quote) return;
      }
      if (kind == Kind::name) token_.word += sql_[at_];
    }
  }

  const std::string_view sql_;
  std::size_t at_ = 0;
  SqlToken token_;
  std::vector<SqlToken> tokens_;
};

}  // namespace

std::vector<SqlToken> tokens_of(std::string_view sql) { return Reader(sql).run(); }

}  // namespace varve
