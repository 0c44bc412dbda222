#include "tools/sources/postgres_encoding.h"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

namespace varve {
namespace {

// Those of servers, as iconv calls them.
const char* iconv_name(std::string_view encoding) {
  static const std::map<std::string_view, const char*> kNames = {
      {"EUC_CN", "EUC-CN"},         {"EUC_JP", "EUC-JP"},         {"EUC_JIS_2004", "EUC-JISX0213"},
      {"EUC_KR", "EUC-KR"},         {"EUC_TW", "EUC-TW"},         {"ISO_8859_5", "ISO-8859-5"},
      {"ISO_8859_6", "ISO-8859-6"}, {"ISO_8859_7", "ISO-8859-7"}, {"ISO_8859_8", "ISO-8859-8"},
      {"JOHAB", "JOHAB"},           {"KOI8R", "KOI8-R"},          {"KOI8U", "KOI8-U"},
      {"LATIN1", "ISO-8859-1"},     {"LATIN2", "ISO-8859-2"},     {"LATIN3", "ISO-8859-3"},
      {"LATIN4", "ISO-8859-4"},     {"LATIN5", "ISO-8859-9"},     {"LATIN6", "ISO-8859-10"},
      {"LATIN7", "ISO-8859-13"},    {"LATIN8", "ISO-8859-14"},    {"LATIN9", "ISO-8859-15"},
      {"LATIN10", "ISO-8859-16"},   {"WIN866", "CP866"},          {"WIN874", "CP874"},
      {"WIN1250", "CP1250"},        {"WIN1251", "CP1251"},        {"WIN1252", "CP1252"},
      {"WIN1253", "CP1253"},        {"WIN1254", "CP1254"},        {"WIN1255", "CP1255"},
      {"WIN1256", "CP1256"},        {"WIN1257", "CP1257"},        {"WIN1258", "CP1258"}};
  const auto found = kNames.find(encoding);
  return found == kNames.end() ? nullptr : found->second;
}

class Converter {
 public:
  explicit Converter(const char* encoding) : state_(::iconv_open("UTF-8", encoding)) {}
  ~Converter() {
    if (is_open()) ::iconv_close(state_);
  }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;

  bool is_open() const { return state_ != reinterpret_cast<iconv_t>(-1); }
  // False where not all of it has a form in UTF-8. `made` is room enough.
  bool convert(std::string text, std::string& made) const {
    char* from = text.data();
    char* to = made.data();
    std::size_t left = text.size();
    std::size_t room = made.size();
    if (::iconv(state_, &from, &left, &to, &room) != 0) return false;
    if (::iconv(state_, nullptr, nullptr, &to, &room) != 0) return false;  // what it holds back
    made.resize(made.size() - room);
    return true;
  }

 private:
  iconv_t state_;
};

bool is_ascii(const std::string& text) {
  return std::ranges::all_of(text, [](char letter) { return (letter & 0x80) == 0; });
}

}  // namespace

std::string to_utf8(const std::string& text, const std::string& encoding) {
  constexpr std::size_t kMostGrowth = 4;
  const char* const name = iconv_name(encoding);
  if (name == nullptr || is_ascii(text)) return text;
  const Converter converter(name);
  std::string made(text.size() * kMostGrowth, '\0');
  return converter.is_open() && converter.convert(text, made) ? made : text;
}

void names_to_utf8(ArchiveContents& contents) {
  for (ArchiveEntry& entry : contents.entries) {
    for (std::string* text : {&entry.schema, &entry.name, &entry.definition, &entry.copy}) {
      *text = to_utf8(*text, contents.encoding);
    }
  }
}

std::string session_encoding(const PostgresConnection& connection) {
  const std::string own = connection.database_encoding();
  return own == "SQL_ASCII" || own == "MULE_INTERNAL" ? own : "UTF8";
}

}  // namespace varve
