#include "tools/compare/postgres_pairing.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace varve {
namespace {

// Looks at both tables, once for each pair.
class Pairing {
 public:
  Pairing(const DumpTables& dump, PostgresConnection& connection, std::size_t number,
          const std::string& where)
      : connection_(connection),
        stored_(dump.columns(dump.rows_of(number).front())),
        definition_(dump.definition(number)) {
    const ArchiveEntry& entry = dump.table(number);
    table_.number = number;
    table_.live = fmt::format("{}.{}", connection_.identifier(entry.schema),
                              connection_.identifier(entry.name));
    table_.scratch = fmt::format("pg_temp.varve_stored_{}", number);
    table_.chosen = where.empty()
                        ? table_.scratch
                        : fmt::format("(SELECT * FROM {} WHERE ({}\n))", table_.scratch, where);
    table_.found.table = entry.table();
    regclass_ = fmt::format("to_regclass({})", connection_.literal(table_.live));
  }

  PostgresTablePair run() {
    if (connection_.value(fmt::format("SELECT {} IS NULL", regclass_)) == "t") {
      refuse(
          "the live database has no such table: varve restore --table brings it back as a whole");
      return std::move(table_);
    }
    if (connection_.value(fmt::format("SELECT row_security_active({})", regclass_)) == "t") {
      refuse(
          fmt::format("a policy may hide rows of it from {}, which would count as missing: recover "
                      "them as a role with BYPASSRLS, or as a superuser",
                      connection_.user()));
      return std::move(table_);
    }
    table_.own_rows = (is_partitioned() ? "" : "ONLY ") + table_.live;
    look_at_columns();
    look_at_stored_columns();
    look_at_types();
    look_at_key();
    look_for_itself();
    note_triggers();
    return std::move(table_);
  }

 private:
  bool is_partitioned() const {
    return connection_.value(
               fmt::format("SELECT relkind = 'p' FROM pg_class WHERE oid = {}", regclass_)) == "t";
  }
  bool is_stored(const std::string& name) const {
    return std::ranges::find(stored_, name) != stored_.end();
  }
  void note(std::string line) { table_.found.notes.push_back(std::move(line)); }
  void refuse(const std::string& why) {
    std::string& refusal = table_.found.refusal;
    refusal += (refusal.empty() ? "" : "; ") + why;
  }

  void look_at_columns() {
    const PostgresRows columns = connection_.query(fmt::format(
        "SELECT attname, format_type(atttypid, atttypmod), attgenerated <> '', attidentity = 'a', "
        "attnotnull AND NOT atthasdef AND attidentity = '' FROM pg_attribute "
        "WHERE attrelid = {} AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        regclass_));
    for (int i = 0; i < columns.size(); ++i) {
      const std::string name = columns.at(i, 0);
      if (columns.at(i, 2) == "t") {
        table_.generated.push_back(name);
      } else if (is_stored(name)) {
        table_.columns.push_back({.name = name,
                                  .quoted = connection_.identifier(name),
                                  .type = columns.at(i, 1),
                                  .is_fixed = columns.at(i, 3) == "t"});
      } else if (columns.at(i, 4) == "t") {
        refuse(fmt::format("its column {} is new, must not be NULL and has no default", name));
      } else {
        note(fmt::format("its column {} is new: it gets its default", name));
      }
    }
    if (table_.columns.empty()) refuse("it has no column that the stored one has");
  }

  void look_at_stored_columns() {
    std::vector<std::string> lost;
    for (const std::string& name : stored_) {
      if (table_.is_common(name)) continue;
      const bool is_generated = std::ranges::find(table_.generated, name) != table_.generated.end();
      if (is_generated) {
        note(fmt::format("its column {} is generated now: its values stay in the snapshot", name));
      } else {
        lost.push_back(name);
      }
    }
    if (!lost.empty()) {
      refuse(fmt::format(
          "it has no column {} now (dropped, or renamed), and the values would be lost: varve "
          "restore --table brings the stored table into another database, to copy from",
          fmt::join(lost, ", ")));
    }
  }

  // Another type may take the text and mean something else by it.
  void look_at_types() {
    if (!definition_) return;
    for (const PostgresTablePair::Column& column : table_.columns) {
      const auto was = definition_->types.find(column.name);
      if (was == definition_->types.end() || was->second == column.type) continue;
      refuse(fmt::format("the type of its column {} was {} and is {} now", column.name, was->second,
                         column.type));
    }
  }

  void read_key() {
    const PostgresRows key = connection_.query(fmt::format(
        "SELECT attname FROM pg_index i, unnest(i.indkey) WITH ORDINALITY AS k(number, place), "
        "pg_attribute a WHERE i.indrelid = {0} AND i.indisprimary AND a.attrelid = {0} "
        "AND a.attnum = k.number AND k.place <= i.indnkeyatts ORDER BY k.place",
        regclass_));
    for (int i = 0; i < key.size(); ++i) {
      const std::string name = key.at(i, 0);
      table_.key.push_back({.name = name, .quoted = connection_.identifier(name)});
      table_.found.key.push_back(name);
    }
  }

  void look_at_key() {
    read_key();
    const std::vector<std::string>& now = table_.found.key;
    const std::vector<std::string> was = definition_ ? definition_->key : now;
    const bool is_of_all_columns = std::ranges::all_of(
        now, [this](const std::string& name) { return table_.is_common(name); });
    if (!was.empty() && !std::ranges::is_permutation(was, now)) {
      refuse(fmt::format("its primary key was ({}) and is ({}) now", fmt::join(was, ", "),
                         fmt::join(now, ", ")));
    } else if (!is_of_all_columns) {
      refuse("its primary key has columns that the stored one has not");
    } else if (now.empty()) {
      note("it has no primary key: whole rows are compared, and a changed row counts as missing");
    } else if (was.empty()) {
      note(fmt::format("it had no primary key: its rows are told apart by that of now, ({})",
                       fmt::join(now, ", ")));
    }
  }

  void look_for_itself() {
    table_.refers_to_itself =
        connection_.value(fmt::format("SELECT count(*) > 0 FROM pg_constraint WHERE contype = 'f' "
                                      "AND conrelid = {0} AND confrelid = {0}",
                                      regclass_)) == "t";
  }

  void note_triggers() {
    const PostgresRows triggers = connection_.query(
        fmt::format("SELECT tgname FROM pg_trigger WHERE tgrelid = {} AND NOT tgisinternal AND "
                    "tgenabled <> 'D' ORDER BY tgname",
                    regclass_));
    for (int i = 0; i < triggers.size(); ++i) {
      note(fmt::format("its trigger {} runs as for any change", triggers.at(i, 0)));
    }
  }

  PostgresConnection& connection_;
  const std::vector<std::string> stored_;  // columns
  const std::optional<StoredDefinition> definition_;
  std::string regclass_;  // the live table, as SQL
  PostgresTablePair table_;
};

}  // namespace

PostgresTablePair pair_tables(const DumpTables& dump, PostgresConnection& connection,
                              std::size_t number, const std::string& where) {
  return Pairing(dump, connection, number, where).run();
}

}  // namespace varve
