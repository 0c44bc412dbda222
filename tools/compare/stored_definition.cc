#include "tools/compare/stored_definition.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "tools/compare/sql_tokens.h"

namespace varve {
namespace {

using Kind = SqlToken::Kind;
using Tokens = std::vector<SqlToken>;
// Schema and table.
using TableName = std::pair<std::string, std::string>;

TableName name_of(const ArchiveEntry& entry) { return {entry.schema, entry.name}; }

// One statement, token by token.
class Statement {
 public:
  explicit Statement(const ArchiveEntry& entry)
      : entry_(entry), tokens_(tokens_of(entry.definition)) {}

  // Goes behind these keywords, wherever they come next; false where they do not.
  bool pass(std::initializer_list<std::string_view> keywords) {
    const auto found = std::search(
        tokens_.begin() + static_cast<std::ptrdiff_t>(at_), tokens_.end(), keywords.begin(),
        keywords.end(),
        [](const SqlToken& token, std::string_view word) { return token.is_keyword(word); });
    if (found == tokens_.end()) return false;
    at_ = static_cast<std::size_t>(found - tokens_.begin()) + keywords.size();
    return true;
  }
  bool pass_sign(char sign) {
    if (is_at_end() || !tokens_[at_].is_sign(sign)) return false;
    ++at_;
    return true;
  }
  // "schema.table", or "table" in the schema of what is made.
  std::optional<TableName> table_name() {
    std::optional<std::string> first = name();
    if (!first) return std::nullopt;
    if (!pass_sign('.')) return TableName(entry_.schema, *first);
    const std::optional<std::string> second = name();
    return second ? std::optional(TableName(*first, *second)) : std::nullopt;
  }
  std::vector<TableName> table_names_in_brackets() {
    std::vector<TableName> names;
    if (!pass_sign('(')) return names;
    while (const auto name = table_name()) {
      names.push_back(*name);
      if (!pass_sign(',')) break;
    }
    return names;
  }
  // The first name of each element.
  std::vector<std::string> names_in_brackets() {
    std::vector<std::string> names;
    for_each_element([&](std::size_t from, std::size_t) {
      if (tokens_[from].kind == Kind::name) names.push_back(tokens_[from].word);
    });
    return names;
  }
  // Of a CREATE TABLE; what stands behind a column's type is written in capitals.
  std::map<std::string, std::string> column_types() {
    std::map<std::string, std::string> types;
    while (!is_at_end() && !tokens_[at_].is_sign('(')) ++at_;
    for_each_element([&](std::size_t from, std::size_t to) {
      if (tokens_[from].kind != Kind::name || to - from < 2) return;
      std::size_t end = from + 1;
      while (end < to && tokens_[end].kind != Kind::keyword) ++end;
      if (end == from + 1) return;
      const std::size_t begin = tokens_[from + 1].begin;
      types[tokens_[from].word] = entry_.definition.substr(begin, tokens_[end - 1].end - begin);
    });
    return types;
  }

 private:
  bool is_at_end() const { return at_ == tokens_.size(); }
  std::optional<std::string> name() {
    if (is_at_end() || tokens_[at_].kind != Kind::name) return std::nullopt;
    return tokens_[at_++].word;
  }
  // What stands between the commas of the brackets that open here; goes behind them.
  template <class Take>
  void for_each_element(const Take& take) {
    if (!pass_sign('(')) return;
    std::size_t from = at_;
    int depth = 0;
    for (; !is_at_end(); ++at_) {
      const SqlToken& token = tokens_[at_];
      const bool is_last = depth == 0 && token.is_sign(')');
      if ((is_last || (depth == 0 && token.is_sign(','))) && at_ > from) take(from, at_);
      if (is_last) break;
      if (depth == 0 && token.is_sign(',')) from = at_ + 1;
      if (token.is_sign('(') || token.is_sign('[')) ++depth;
      if (token.is_sign(')') || token.is_sign(']')) --depth;
    }
    pass_sign(')');
  }

  const ArchiveEntry& entry_;
  const Tokens tokens_;
  std::size_t at_ = 0;
};

const ArchiveEntry* find_table(const ArchiveContents& contents, const TableName& name) {
  const auto found = std::ranges::find_if(contents.entries, [&](const ArchiveEntry& entry) {
    return entry.is_table() && name_of(entry) == name;
  });
  return found == contents.entries.end() ? nullptr : &*found;
}

// Columns that it has from others are not repeated.
std::vector<TableName> parents_in(const ArchiveEntry& table) {
  Statement statement(table);
  if (statement.pass({"PARTITION", "OF"})) {
    const auto parent = statement.table_name();
    return parent ? std::vector{*parent} : std::vector<TableName>();
  }
  return statement.pass({"INHERITS"}) ? statement.table_names_in_brackets()
                                      : std::vector<TableName>();
}

std::map<std::string, std::string> types_of(const ArchiveContents& contents,
                                            const ArchiveEntry& table) {
  std::map<std::string, std::string> types;
  std::set<const ArchiveEntry*> seen;
  std::vector<const ArchiveEntry*> left = {&table};
  while (!left.empty()) {
    const ArchiveEntry* const one = left.back();
    left.pop_back();
    if (one == nullptr || !seen.insert(one).second) continue;
    types.merge(Statement(*one).column_types());
    for (const TableName& parent : parents_in(*one)) left.push_back(find_table(contents, parent));
  }
  return types;
}

std::vector<std::string> key_of(const ArchiveContents& contents, const ArchiveEntry& table) {
  for (const ArchiveEntry& entry : contents.entries) {
    if (entry.kind != "CONSTRAINT") continue;
    if (std::ranges::find(entry.depends_on, table.dump_id) == entry.depends_on.end()) continue;
    Statement statement(entry);
    if (!statement.pass({"ALTER", "TABLE", "ONLY"})) continue;
    if (statement.table_name() != name_of(table)) continue;
    if (statement.pass({"PRIMARY", "KEY"})) return statement.names_in_brackets();
  }
  return {};
}

// By table.
std::map<TableName, std::vector<TableName>> partitions_in(const ArchiveContents& contents) {
  std::map<TableName, std::vector<TableName>> found;
  for (const ArchiveEntry& entry : contents.entries) {
    if (!entry.is_table() && entry.kind != "TABLE ATTACH") continue;
    Statement statement(entry);
    if (Statement made(entry); entry.is_table() && made.pass({"PARTITION", "OF"})) {
      if (const auto parent = made.table_name()) found[*parent].push_back(name_of(entry));
    } else if (statement.pass({"ALTER", "TABLE", "ONLY"})) {
      const auto parent = statement.table_name();
      if (!parent || !statement.pass({"ATTACH", "PARTITION"})) continue;
      if (const auto child = statement.table_name()) found[*parent].push_back(*child);
    }
  }
  return found;
}

std::set<TableName> all_below(const std::map<TableName, std::vector<TableName>>& partitions,
                              const TableName& table) {
  std::set<TableName> below;
  std::vector<TableName> left = {table};
  while (!left.empty()) {
    const auto found = partitions.find(left.back());
    left.pop_back();
    if (found == partitions.end()) continue;
    for (const TableName& partition : found->second) {
      if (below.insert(partition).second) left.push_back(partition);
    }
  }
  return below;
}

}  // namespace

std::optional<StoredDefinition> definition_of(const ArchiveContents& contents,
                                              const std::string& schema, const std::string& table) {
  const ArchiveEntry* const entry = find_table(contents, {schema, table});
  if (entry == nullptr) return std::nullopt;
  StoredDefinition definition;
  definition.types = types_of(contents, *entry);
  definition.key = key_of(contents, *entry);
  return definition;
}

std::map<std::size_t, std::vector<std::size_t>> partitioned_tables(
    const ArchiveContents& contents) {
  const auto partitions = partitions_in(contents);
  std::map<std::size_t, std::vector<std::size_t>> found;
  for (std::size_t table = 0; table < contents.entries.size(); ++table) {
    const ArchiveEntry& entry = contents.entries[table];
    if (!entry.is_table() || !partitions.contains(name_of(entry))) continue;
    const std::set<TableName> below = all_below(partitions, name_of(entry));
    for (std::size_t rows = 0; rows < contents.entries.size(); ++rows) {
      const ArchiveEntry& data = contents.entries[rows];
      if (data.is_table_data() && below.contains(name_of(data))) found[table].push_back(rows);
    }
  }
  return found;
}

}  // namespace varve
