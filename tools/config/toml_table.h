// Typed access to a table of a TOML document, where every fault knows its line and column.
//
// Each key is asked for by its type; finish() refuses those that nobody asked for. The document
// must outlive it.
#pragma once

#include <toml++/toml.h>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace varve {

class TomlTable {
 public:
  // `file` stands in messages, `place` says which table it is: "[[job]]".
  TomlTable(const toml::table& table, std::string file, std::string place);

  bool has(std::string_view key) const { return table_.contains(key); }

  // These leave `value` as it is where the key is absent.
  void read(const char* key, std::string& value);
  void read(const char* key, bool& value);
  void read(const char* key, unsigned& value);
  void read(const char* key, std::vector<std::string>& value);  // an array, or one text alone
  void read(const char* key, std::map<std::string, std::string>& value);
  // As it is written: a command of the shell, which looks up variables itself.
  void read_verbatim(const char* key, std::string& value);
  void read_verbatim(const char* key, std::vector<std::string>& value);
  void read_choice(const char* key, std::string& value, const std::vector<std::string>& choices);
  void read_duration(const char* key, std::int64_t& seconds);
  void read_size(const char* key, std::uint64_t& bytes);
  // Calls `visit` with the table, if there is one, and finishes it.
  void read_table(const char* key, const std::function<void(TomlTable&)>& visit);
  // For each table of an array of tables.
  void read_tables(const char* key, const std::function<void(TomlTable&)>& visit);
  // For each element: a text, or a table.
  void read_each(const char* key, const std::function<void(const std::string&)>& text,
                 const std::function<void(TomlTable&)>& table);

  // From here on texts stay as they are written: nobody needs this table's values, so a variable
  // that is not set is no fault.
  void stop_expanding() noexcept { expands_ = false; }

  // Refuses what is there and was not asked for.
  void finish() const;
  // A fault of the table itself, or of one of its keys.
  [[noreturn]] void refuse(const std::string& why) const;
  [[noreturn]] void refuse(const char* key, const std::string& why) const;
  // Where the key stands, "FILE:LINE:COLUMN"; the table, where it has no such key.
  std::string place_of(const char* key) const;

 private:
  const toml::node* find(const char* key);
  [[noreturn]] void refuse_at(const toml::source_region& where, const std::string& why) const;
  std::string verbatim(const toml::node& node, const char* key) const;
  std::string text_of(const toml::node& node, const char* key) const;
  std::vector<std::string> texts_of(const char* key,
                                    std::string (TomlTable::*text)(const toml::node&, const char*)
                                        const);

  const toml::table& table_;
  const std::string file_;
  const std::string place_;
  std::set<std::string, std::less<>> known_;
  bool expands_ = true;
};

}  // namespace varve
