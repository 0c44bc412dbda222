#include "tools/config/toml_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>

#include "fs/mount_options.h"
#include "store/core/error.h"
#include "store/core/time.h"
#include "tools/config/environment_text.h"

namespace varve {

TomlTable::TomlTable(const toml::table& table, std::string file, std::string place)
    : table_(table), file_(std::move(file)), place_(std::move(place)) {}

const toml::node* TomlTable::find(const char* key) {
  known_.emplace(key);
  return table_.get(key);
}

void TomlTable::refuse_at(const toml::source_region& where, const std::string& why) const {
  throw Error(ErrorCode::usage,
              fmt::format("{}:{}:{}: {}", file_, where.begin.line, where.begin.column, why));
}

std::string TomlTable::place_of(const char* key) const {
  const toml::node* node = table_.get(key);
  const auto& begin = (node != nullptr ? node->source() : table_.source()).begin;
  return fmt::format("{}:{}:{}", file_, begin.line, begin.column);
}

void TomlTable::refuse(const std::string& why) const {
  refuse_at(table_.source(), fmt::format("{} {}", place_, why));
}

void TomlTable::refuse(const char* key, const std::string& why) const {
  const toml::node* node = table_.get(key);
  refuse_at(node != nullptr ? node->source() : table_.source(), fmt::format("{} {}", key, why));
}

std::string TomlTable::verbatim(const toml::node& node, const char* key) const {
  const auto* text = node.as_string();
  if (text == nullptr) refuse_at(node.source(), fmt::format("{} must be a text in quotes", key));
  return text->get();
}

std::string TomlTable::text_of(const toml::node& node, const char* key) const {
  std::string text = verbatim(node, key);
  if (!expands_) return text;
  try {
    return with_environment(text);
  } catch (const Error& error) {
    refuse_at(node.source(), fmt::format("{}: {}", key, error.what()));
  }
}

void TomlTable::read(const char* key, std::string& value) {
  if (const toml::node* node = find(key)) value = text_of(*node, key);
}

void TomlTable::read(const char* key, bool& value) {
  const toml::node* node = find(key);
  if (node == nullptr) return;
  if (!node->is_boolean()) refuse(key, "must be true or false");
  value = node->as_boolean()->get();
}

void TomlTable::read(const char* key, unsigned& value) {
  const toml::node* node = find(key);
  if (node == nullptr) return;
  const auto* number = node->as_integer();
  if (number == nullptr || number->get() < 0 ||
      number->get() > std::numeric_limits<std::int32_t>::max()) {
    refuse(key, "must be a whole number, 0 or more");
  }
  value = static_cast<unsigned>(number->get());
}

std::vector<std::string> TomlTable::texts_of(const char* key,
                                             std::string (TomlTable::*text)(const toml::node&,
                                                                            const char*) const) {
  const toml::node& node = *find(key);
  std::vector<std::string> texts;
  if (!node.is_array()) {
    texts.push_back((this->*text)(node, key));
  } else {
    for (const toml::node& element : *node.as_array()) texts.push_back((this->*text)(element, key));
  }
  return texts;
}

void TomlTable::read(const char* key, std::vector<std::string>& value) {
  if (find(key) != nullptr) value = texts_of(key, &TomlTable::text_of);
}

void TomlTable::read_verbatim(const char* key, std::vector<std::string>& value) {
  if (find(key) != nullptr) value = texts_of(key, &TomlTable::verbatim);
}

void TomlTable::read_verbatim(const char* key, std::string& value) {
  if (const toml::node* node = find(key)) value = verbatim(*node, key);
}

void TomlTable::read(const char* key, std::map<std::string, std::string>& value) {
  const toml::node* node = find(key);
  if (node == nullptr) return;
  if (!node->is_table()) refuse(key, "must be a table: { NAME = \"value\" }");
  for (const auto& [name, element] : *node->as_table()) {
    value[std::string(name.str())] = text_of(element, key);
  }
}

void TomlTable::read_choice(const char* key, std::string& value,
                            const std::vector<std::string>& choices) {
  read(key, value);
  if (!has(key) || std::ranges::find(choices, value) != choices.end()) return;
  refuse(key, fmt::format("= \"{}\": must be one of {}", value, fmt::join(choices, ", ")));
}

void TomlTable::read_duration(const char* key, std::int64_t& seconds) {
  std::string text;
  read(key, text);
  if (!has(key)) return;
  const auto parsed = parse_duration(text);
  if (!parsed) refuse(key, fmt::format("= \"{}\": must be a duration, such as 26h or 30d", text));
  seconds = *parsed;
}

void TomlTable::read_size(const char* key, std::uint64_t& bytes) {
  std::string text;
  read(key, text);
  if (!has(key)) return;
  const auto parsed = parse_size(text);
  if (!parsed) refuse(key, fmt::format("= \"{}\": must be a size, such as 100K or 2G", text));
  bytes = *parsed;
}

void TomlTable::read_table(const char* key, const std::function<void(TomlTable&)>& visit) {
  const toml::node* node = find(key);
  if (node == nullptr) return;
  if (!node->is_table()) refuse(key, "must be a table");
  TomlTable inner(*node->as_table(), file_, fmt::format("[{}]", key));
  inner.expands_ = expands_;
  visit(inner);
  inner.finish();
}

void TomlTable::read_tables(const char* key, const std::function<void(TomlTable&)>& visit) {
  const toml::node* node = find(key);
  if (node == nullptr) return;
  if (!node->is_array_of_tables()) refuse(key, fmt::format("must be written as [[{}]]", key));
  read_each(key, nullptr, visit);
}

void TomlTable::read_each(const char* key, const std::function<void(const std::string&)>& text,
                          const std::function<void(TomlTable&)>& table) {
  const toml::node* node = find(key);
  if (node == nullptr) return;
  if (!node->is_array()) refuse(key, "must be an array: [ … ]");
  for (const toml::node& element : *node->as_array()) {
    if (!element.is_table()) {
      text(text_of(element, key));
      continue;
    }
    TomlTable inner(*element.as_table(), file_, fmt::format("[[{}]]", key));
    inner.expands_ = expands_;
    table(inner);
    inner.finish();
  }
}

void TomlTable::finish() const {
  for (const auto& [key, node] : table_) {
    if (known_.contains(key.str())) continue;
    refuse_at(key.source(), fmt::format("{} is no key of {}; there are {}", key.str(), place_,
                                        fmt::join(known_, ", ")));
  }
}

}  // namespace varve
