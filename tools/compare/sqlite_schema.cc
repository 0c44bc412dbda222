#include "tools/compare/sqlite_schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "tools/compare/sqlite_query.h"

namespace varve {
namespace {

std::vector<SchemaObject> read_objects(const ComparedDatabase& database) {
  SqliteQuery query(database,
                    "SELECT type, name, tbl_name, sql, rootpage FROM sqlite_schema ORDER BY rowid");
  std::vector<SchemaObject> objects;
  while (query.step()) {
    objects.push_back({query.text(0), query.text(1), query.text(2), query.text(3),
                       static_cast<std::uint32_t>(query.number(4))});
  }
  return objects;
}

// Generated columns hold nothing of their own (hidden 2 and 3); hidden ones are a virtual table's
// parameters (1).
void read_columns(const ComparedDatabase& database, TableShape& table) {
  SqliteQuery query(database,
                    "SELECT name, type, \"notnull\", dflt_value IS NOT NULL, pk, hidden "
                    "FROM pragma_table_xinfo(?1) ORDER BY cid");
  query.bind(1, table.name);
  std::vector<std::pair<std::int64_t, std::string>> key;
  while (query.step()) {
    if (query.number(4) > 0) key.emplace_back(query.number(4), query.text(0));
    if (query.number(5) > 1) table.generated.push_back(query.text(0));
    if (query.number(5) != 0) continue;
    table.columns.push_back(
        {query.text(0), query.text(1), query.number(2) != 0 && query.number(3) == 0});
  }
  std::ranges::sort(key);
  for (auto& [place, name] : key) table.key.push_back(std::move(name));
}

void read_indexes(const ComparedDatabase& database, TableShape& table) {
  SqliteQuery query(database, "SELECT \"unique\", origin FROM pragma_index_list(?1)");
  query.bind(1, table.name);
  bool key_has_index = false;
  while (query.step()) {
    const bool is_key = query.text(1) == "pk";
    key_has_index = key_has_index || is_key;
    if (!is_key && query.number(0) != 0) table.has_other_unique = true;
  }
  // A primary key of a rowid table without an index of its own is the rowid itself.
  table.rowid_is_key = table.has_rowid && table.key.size() == 1 && !key_has_index;
}

void read_foreign_keys(const ComparedDatabase& database, TableShape& table) {
  SqliteQuery query(database,
                    "SELECT id, \"table\", \"from\", \"to\" FROM pragma_foreign_key_list(?1) "
                    "ORDER BY id, seq");
  query.bind(1, table.name);
  std::int64_t last = -1;
  while (query.step()) {
    if (query.number(0) != last) table.foreign_keys.push_back({query.text(1), {}, {}});
    last = query.number(0);
    table.foreign_keys.back().columns.push_back(query.text(2));
    table.foreign_keys.back().parent_columns.push_back(query.text(3));
  }
}

// "REFERENCES parent" alone means the parent's primary key.
void complete_foreign_keys(SqliteSchema& schema) {
  for (auto& [name, table] : schema.tables) {
    for (ForeignKey& key : table.foreign_keys) {
      const TableShape* const parent = schema.find(key.parent);
      if (parent == nullptr) continue;
      key.parent = parent->name;
      if (key.parent_columns.front().empty()) key.parent_columns = parent->key;
    }
  }
}

std::string name_of_rowid(const TableShape& table) {
  if (!table.has_rowid) return {};
  constexpr std::array names = {"rowid", "_rowid_", "oid"};
  for (const char* name : names) {
    if (table.find(name) == nullptr) return name;
  }
  return {};
}

}  // namespace

bool same_name(const std::string& a, const std::string& b) {
  return sqlite3_stricmp(a.c_str(), b.c_str()) == 0;
}

bool NameOrder::operator()(const std::string& a, const std::string& b) const {
  return sqlite3_stricmp(a.c_str(), b.c_str()) < 0;
}

const TableShape* SqliteSchema::find(const std::string& table) const {
  const auto found = tables.find(table);
  return found == tables.end() ? nullptr : &found->second;
}

bool SqliteSchema::is_virtual(const std::string& table) const {
  return std::ranges::any_of(virtual_tables,
                             [&](const std::string& name) { return same_name(name, table); });
}

// SQLite knows them by their names alone: "docs_content" of docs. Of docs and docs_old, which may
// both stand in front, the longer one.
std::string SqliteSchema::virtual_table_of(const TableShape& table) const {
  std::string found;
  for (const std::string& name : virtual_tables) {
    const std::string front = name + "_";
    const bool is_of_it = table.is_shadow && same_name(table.name.substr(0, front.size()), front);
    if (is_of_it && name.size() >= found.size()) found = name;
  }
  return found;
}

std::vector<std::string> SqliteSchema::tables_behind(const std::string& virtual_table) const {
  std::vector<std::string> names;
  for (const auto& [name, table] : tables) {
    if (same_name(virtual_table_of(table), virtual_table)) names.push_back(name);
  }
  return names;
}

std::vector<std::string> TableShape::column_names() const {
  std::vector<std::string> names;
  for (const TableColumn& column : columns) names.push_back(column.name);
  return names;
}

std::string_view TableShape::conflict_words() const {
  return sqlite3_strlike("%CONFLICT%", sql.c_str(), 0) == 0 ? " OR ABORT" : "";
}

const TableColumn* TableShape::find(const std::string& column) const {
  const auto found = std::ranges::find_if(
      columns, [&](const TableColumn& one) { return same_name(one.name, column); });
  return found == columns.end() ? nullptr : &*found;
}

std::vector<std::string> names_in(const std::vector<const SqliteSchema*>& schemas) {
  std::vector<std::string> names;
  for (const SqliteSchema* schema : schemas) {
    for (const SchemaObject& object : schema->objects) names.push_back(object.name);
  }
  return names;
}

SqliteSchema read_schema(const ComparedDatabase& database) {
  SqliteSchema schema;
  std::vector<SchemaObject> objects = read_objects(database);
  SqliteQuery kinds(database, "SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main'");
  while (kinds.step()) {
    const std::string name = kinds.text(0);
    const std::string kind = kinds.text(1);
    if (kind == "virtual") schema.virtual_tables.push_back(name);
    const auto object = std::ranges::find_if(
        objects, [&](const SchemaObject& one) { return one.type == "table" && one.name == name; });
    if (object == objects.end() || (kind != "table" && kind != "shadow")) continue;
    TableShape& table = schema.tables[name];
    table.name = name;
    table.sql = object->sql;
    table.root = object->root;
    table.has_rowid = kinds.number(2) == 0;
    table.is_internal = name.starts_with("sqlite_");
    table.is_shadow = kind == "shadow";
  }
  for (auto& [name, table] : schema.tables) {
    read_columns(database, table);
    read_indexes(database, table);
    read_foreign_keys(database, table);
    table.rowid = name_of_rowid(table);
  }
  complete_foreign_keys(schema);
  std::erase_if(objects, [](const SchemaObject& object) {
    return object.sql.empty() || object.name.starts_with("sqlite_");
  });
  schema.objects = std::move(objects);
  return schema;
}

TableShape read_virtual_shape(const ComparedDatabase& database, const std::string& name) {
  TableShape table;
  table.name = name;
  table.has_rowid = false;
  read_columns(database, table);
  table.key.clear();
  return table;
}

}  // namespace varve
