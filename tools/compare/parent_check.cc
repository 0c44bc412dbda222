#include "tools/compare/parent_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace varve {
namespace {

bool has_columns(const TableShape* table, const std::vector<std::string>& columns) {
  return table != nullptr && std::ranges::all_of(columns, [&](const std::string& column) {
           return table->find(column) != nullptr;
         });
}

bool has(SqliteQuery& query, const Row& values) {
  query.reset();
  for (std::size_t i = 0; i < values.size(); ++i) query.bind(static_cast<int>(i) + 1, values[i]);
  return query.step();
}

}  // namespace

ParentCheck::ParentCheck(const ForeignKey& key, const std::vector<std::string>& columns,
                         const Setting& setting)
    : names_(key.columns), is_recovered_(setting.is_recovered) {
  found_.parent = key.parent;
  found_.columns = fmt::format("{}", fmt::join(key.columns, ", "));
  for (const std::string& column : key.columns) {
    const auto at = std::ranges::find_if(
        columns, [&](const std::string& one) { return same_name(one, column); });
    if (at != columns.end()) at_.push_back(static_cast<std::size_t>(at - columns.begin()));
  }
  is_usable_ = at_.size() == key.columns.size() && key.parent_columns.size() == at_.size();
  if (!is_usable_) return;
  const std::string sql = fmt::format("SELECT 1 FROM {} WHERE {}", quoted_name(key.parent),
                                      equals_parameters(key.parent_columns));
  if (has_columns(setting.live_parent, key.parent_columns)) live_.emplace(setting.live, sql);
  if (!has_columns(setting.stored_parent, key.parent_columns)) return;
  const std::string chosen = setting.where.empty() ? "" : fmt::format(" AND ({}\n)", setting.where);
  stored_.emplace(setting.stored, sql + chosen);
}

void ParentCheck::look_at(const Row& row) {
  if (!is_usable_) return;
  Row values;
  for (const std::size_t at : at_) values.push_back(row[at]);
  if (std::ranges::any_of(values, is_null)) return;
  if (live_ && has(*live_, values)) return;
  const bool is_stored = stored_ && has(*stored_, values);
  if (is_stored && is_recovered_) return;
  if (found_.rows++ == 0) found_.example = assignments(names_, values);
  found_.is_stored = found_.is_stored || is_stored;
}

}  // namespace varve
