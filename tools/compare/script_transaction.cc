#include "tools/compare/script_transaction.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace varve {
namespace {

std::vector<std::string> with_prefix(std::string_view prefix,
                                     const std::vector<std::string>& columns) {
  std::vector<std::string> names;
  for (const std::string& column : columns) {
    names.push_back(fmt::format("{}{}", prefix, quoted_name(column)));
  }
  return names;
}

// The row of the table that OLD is.
std::string is_old(const TableShape& table) {
  if (!table.rowid.empty()) return fmt::format("{0} = OLD.{0}", table.rowid);
  std::vector<std::string> parts;
  for (const std::string& column : table.key) {
    parts.push_back(fmt::format("{0} = OLD.{0}", quoted_name(column)));
  }
  return fmt::format("{}", fmt::join(parts, " AND "));
}

// The first of varve, varve2, varve3… with which no name begins.
std::string free_front(const std::vector<std::string>& taken) {
  for (int number = 1;; ++number) {
    std::string front = number == 1 ? "varve" : fmt::format("varve{}", number);
    const bool is_taken = std::ranges::any_of(taken, [&](const std::string& name) {
      return same_name(name.substr(0, front.size()), front);
    });
    if (!is_taken) return front;
  }
}

}  // namespace

ScriptTransaction::ScriptTransaction(Write write, const std::vector<std::string>& taken)
    : write_(std::move(write)), front_(free_front(taken)) {}

void ScriptTransaction::begin(const std::vector<std::string>& settings,
                              std::vector<std::string> undo) {
  is_begun_ = true;
  undo_ = std::move(undo);
  for (const std::string& setting : settings) write_(setting);
  // Not IMMEDIATE: where a lock is in the way that fails, and no transaction would be there.
  write_("BEGIN");
  write_(fmt::format("CREATE TEMP TABLE {}(done INTEGER, expected INTEGER)", front_));
  write_(fmt::format("INSERT INTO {} VALUES (0, 0)", running()));
  write_(fmt::format(
      "CREATE TEMP TRIGGER {0}_all BEFORE UPDATE OF expected ON {0} WHEN NEW.expected <> "
      "OLD.done BEGIN SELECT RAISE(ROLLBACK, 'a statement failed: nothing was changed'); END",
      front_));
}

std::string ScriptTransaction::insert_body(const TableShape& table,
                                           const std::vector<std::string>& columns) const {
  // Rows without a key may come with their rowid.
  const bool has_rowid = table.key.empty() && !table.rowid.empty();
  return fmt::format("INSERT{} INTO {}({}{}) VALUES ({}{})", table.conflict_words(),
                     quoted_name(table.name), has_rowid ? table.rowid + ", " : "",
                     quoted_names(columns), has_rowid ? fmt::format("NEW.{}, ", table.rowid) : "",
                     fmt::join(with_prefix("NEW.", columns), ", "));
}

std::string ScriptTransaction::update_body(const TableShape& table,
                                           const std::vector<std::string>& columns) const {
  std::vector<std::string> changes;
  for (const std::string& column : columns) {
    changes.push_back(fmt::format("{0} = NEW.{0}", quoted_name(column)));
  }
  return fmt::format("UPDATE{} {} SET {} WHERE {}", table.conflict_words(), quoted_name(table.name),
                     fmt::join(changes, ", "), is_old(table));
}

void ScriptTransaction::make_trigger(const TableShape& table, const std::string& view,
                                     const std::string& event, const std::string& body) {
  write_(
      fmt::format("CREATE TEMP TRIGGER {} INSTEAD OF {} ON {} BEGIN {}; UPDATE {} SET done = "
                  "done + changes(); END",
                  quoted_name(fmt::format("{}_{}_{}", front_, event, table.name)), event,
                  quoted_name(view), body, front_));
}

std::string ScriptTransaction::rows_of(const TableShape& table,
                                       const std::vector<std::string>& columns, Change change) {
  std::string view = fmt::format("{}_{}", front_, table.name);
  if (std::ranges::find(views_, view) == views_.end()) {
    views_.push_back(view);
    write_(fmt::format("CREATE TEMP VIEW {} AS SELECT {}{} FROM main.{}", quoted_name(view),
                       table.rowid.empty() ? "" : fmt::format("{0} AS {0}, ", table.rowid),
                       quoted_names(columns), quoted_name(table.name)));
  }
  if (!made_.emplace(view, change).second) return view;
  switch (change) {
    case Change::insert:
      make_trigger(table, view, "INSERT", insert_body(table, columns));
      break;
    case Change::update:
      make_trigger(table, view, "UPDATE", update_body(table, columns));
      break;
    case Change::remove:
      make_trigger(table, view, "DELETE",
                   fmt::format("DELETE FROM {} WHERE {}", quoted_name(table.name), is_old(table)));
      break;
  }
  return view;
}

void ScriptTransaction::row(const std::string& sql) {
  write_(sql);
  ++expected_;
}

// The sqlite3 shell takes carriage returns from the ends of lines.
void ScriptTransaction::create(const SchemaObject& object) {
  std::string plain = object.sql;
  const bool has_returns = std::erase(plain, '\r') > 0;
  write_((has_returns ? "-- its carriage returns do not come through the sqlite3 shell\n" : "") +
         object.sql);
  write_(
      fmt::format("UPDATE {} SET done = done + (SELECT count(*) FROM sqlite_schema WHERE type = "
                  "{} AND name = {} AND {} = {})",
                  running(), literal(object.type), literal(object.name),
                  has_returns ? "replace(sql, char(13), '')" : "sql", literal(plain)));
  ++expected_;
}

void ScriptTransaction::finish() {
  write_(fmt::format("UPDATE {} SET expected = {}", running(), expected_));
  write_("COMMIT");
  for (const std::string& view : views_) {
    write_(fmt::format("DROP VIEW IF EXISTS temp.{}", quoted_name(view)));
  }
  write_(fmt::format("DROP TABLE IF EXISTS {}", running()));
  for (const std::string& setting : undo_) write_(setting);
}

}  // namespace varve
