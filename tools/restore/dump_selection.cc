#include "tools/restore/dump_selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>

#include "store/core/error.h"
#include "tools/sources/archive_names.h"

namespace varve {
namespace {

template <std::size_t N>
bool is_one_of(const std::string& kind, const std::array<std::string_view, N>& kinds) {
  return std::ranges::find(kinds, kind) != kinds.end();
}

bool is_relation(const ArchiveEntry& entry) {
  constexpr std::array<std::string_view, 5> kKinds = {"TABLE", "FOREIGN TABLE", "VIEW",
                                                      "MATERIALIZED VIEW", "SEQUENCE"};
  return is_one_of(entry.kind, kKinds);
}

// Called "TABLE NAME": the table that it belongs to stands in front.
bool is_named_after_table(const ArchiveEntry& entry) {
  constexpr std::array<std::string_view, 6> kKinds = {"DEFAULT", "CONSTRAINT", "CHECK CONSTRAINT",
                                                      "TRIGGER", "RULE",       "POLICY"};
  return is_one_of(entry.kind, kKinds);
}

// Belongs to the one table that it depends on.
bool is_of_its_table(const ArchiveEntry& entry) {
  constexpr std::array<std::string_view, 6> kKinds = {
      "TABLE DATA", "MATERIALIZED VIEW DATA", "INDEX", "STATISTICS", "SEQUENCE", "ROW SECURITY"};
  return is_one_of(entry.kind, kKinds);
}

// Says something about what it depends on first.
bool is_about_another(const ArchiveEntry& entry) {
  constexpr std::array<std::string_view, 6> kKinds = {
      "ACL", "COMMENT", "SECURITY LABEL", "SEQUENCE OWNED BY", "SEQUENCE SET", "STATISTICS DATA"};
  return is_one_of(entry.kind, kKinds);
}

// Entries by their dump ids.
class Contents {
 public:
  explicit Contents(const ArchiveContents& contents) : entries_(contents.entries) {
    for (const ArchiveEntry& entry : entries_) by_id_.emplace(entry.dump_id, &entry);
  }
  const std::vector<ArchiveEntry>& entries() const noexcept { return entries_; }
  const ArchiveEntry* find(int id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second;
  }
  // The table in front of the name of a constraint, trigger…; null where it is no entry.
  const ArchiveEntry* owner_of(const ArchiveEntry& entry) const {
    for (const int id : entry.depends_on) {
      const ArchiveEntry* const table = find(id);
      if (table != nullptr && is_relation(*table) && table->schema == entry.schema &&
          entry.name.starts_with(table->name + " ")) {
        return table;
      }
    }
    return nullptr;
  }
  // What a foreign key refers to: another table, or its own.
  const ArchiveEntry* parent_of(const ArchiveEntry& foreign_key) const {
    const ArchiveEntry* const owner = owner_of(foreign_key);
    for (const int id : foreign_key.depends_on) {
      const ArchiveEntry* const table = find(id);
      if (table != nullptr && is_relation(*table) && table != owner) return table;
    }
    return owner;
  }
  // Of a TABLE ATTACH: the partition, and the table that it becomes a part of.
  std::pair<const ArchiveEntry*, const ArchiveEntry*> attached(const ArchiveEntry& attach) const {
    std::pair<const ArchiveEntry*, const ArchiveEntry*> both;
    for (const int id : attach.depends_on) {
      const ArchiveEntry* const table = find(id);
      if (table == nullptr || !is_relation(*table)) continue;
      const bool is_part = table->schema == attach.schema && table->name == attach.name;
      (is_part ? both.first : both.second) = table;
    }
    return both;
  }

 private:
  const std::vector<ArchiveEntry>& entries_;
  std::map<int, const ArchiveEntry*> by_id_;
};

class Selection {
 public:
  Selection(const ArchiveContents& contents, const IsInTarget& is_in_target)
      : contents_(contents), is_in_target_(is_in_target) {}

  DumpSelection select(const std::vector<std::size_t>& tables) {
    for (const std::size_t table : tables) choose(contents_.entries()[table]);
    choose_partitions();
    take_what_is_theirs();
    take_links();
    take_what_is_theirs();  // comments on those
    note_referring_tables();
    DumpSelection made;
    for (const ArchiveEntry& entry : contents_.entries()) {
      if (taken_.contains(entry.dump_id)) made.entries.push_back(entry.dump_id);
      if (chosen_.contains(entry.dump_id)) made.tables.push_back(entry.table());
    }
    made.notes = std::move(notes_);
    return made;
  }

 private:
  void choose(const ArchiveEntry& table) {
    if (!chosen_.insert(table.dump_id).second) return;
    taken_.insert(table.dump_id);
  }

  void choose_partitions() {
    for (std::size_t before = 0; before != chosen_.size();) {
      before = chosen_.size();
      for (const ArchiveEntry& entry : contents_.entries()) {
        if (entry.kind != "TABLE ATTACH") continue;
        const auto [part, whole] = contents_.attached(entry);
        if (part != nullptr && whole != nullptr && chosen_.contains(whole->dump_id)) choose(*part);
      }
    }
  }

  void take(const ArchiveEntry& entry) {
    taken_.insert(entry.dump_id);
    take_what_it_needs(entry);
  }

  void take_what_it_needs(const ArchiveEntry& entry) {
    for (const int id : entry.depends_on) {
      const ArchiveEntry* const needed = contents_.find(id);
      if (needed == nullptr || taken_.contains(id) || is_in_target_(*needed)) continue;
      take(*needed);
      if (!is_relation(*needed) || needed->kind == "SEQUENCE") continue;
      notes_.push_back(
          fmt::format("{} is made too, without rows, as {} needs it", needed->table(), entry.name));
    }
  }

  bool is_theirs(const ArchiveEntry& entry) const {
    const auto is_chosen = [this](int id) { return chosen_.contains(id); };
    if (is_named_after_table(entry)) {
      const ArchiveEntry* const owner = contents_.owner_of(entry);
      return owner != nullptr && is_chosen(owner->dump_id);
    }
    if (is_of_its_table(entry)) return std::ranges::any_of(entry.depends_on, is_chosen);
    if (!is_about_another(entry) || entry.depends_on.empty()) return false;
    return taken_.contains(entry.depends_on.front());
  }

  void take_what_is_theirs() {
    for (const int id : std::set(chosen_)) take_what_it_needs(*contents_.find(id));
    for (std::size_t before = 0; before != taken_.size();) {
      before = taken_.size();
      for (const ArchiveEntry& entry : contents_.entries()) {
        if (!taken_.contains(entry.dump_id) && is_theirs(entry)) take(entry);
      }
    }
  }

  // What binds a chosen table to others.
  void take_links() {
    for (const ArchiveEntry& entry : contents_.entries()) {
      if (entry.kind == "TABLE ATTACH") take_attachment(entry);
      if (entry.kind == "INDEX ATTACH") take_index_attachment(entry);
      if (entry.kind == "FK CONSTRAINT") take_foreign_key(entry);
      if (entry.kind == "PUBLICATION TABLE") take_publication(entry);
    }
  }

  bool is_there(const ArchiveEntry& entry) const {
    return taken_.contains(entry.dump_id) || is_in_target_(entry);
  }

  void take_attachment(const ArchiveEntry& entry) {
    const auto [part, whole] = contents_.attached(entry);
    if (part == nullptr || whole == nullptr || !chosen_.contains(part->dump_id)) return;
    if (is_there(*whole)) return take(entry);
    notes_.push_back(
        fmt::format("{} is no partition of {}, which is not there", part->table(), whole->table()));
  }

  void take_index_attachment(const ArchiveEntry& entry) {
    const auto is_taken = [this](int id) { return taken_.contains(id); };
    if (std::ranges::all_of(entry.depends_on, is_taken)) take(entry);
  }

  void take_foreign_key(const ArchiveEntry& entry) {
    const ArchiveEntry* const owner = contents_.owner_of(entry);
    const ArchiveEntry* const parent = contents_.parent_of(entry);
    if (owner == nullptr || parent == nullptr || !chosen_.contains(owner->dump_id)) return;
    // One that only came along has no rows.
    const bool has_rows = chosen_.contains(parent->dump_id) ||
                          (!taken_.contains(parent->dump_id) && is_in_target_(*parent));
    if (has_rows) return take(entry);
    notes_.push_back(fmt::format("foreign key {} is left out: {} is not restored with it",
                                 entry.name.substr(owner->name.size() + 1), parent->table()));
  }

  void take_publication(const ArchiveEntry& entry) {
    const auto is_chosen = [this](int id) { return chosen_.contains(id); };
    if (std::ranges::none_of(entry.depends_on, is_chosen)) return;
    const ArchiveEntry* const publication = contents_.find(entry.depends_on.front());
    if (publication != nullptr && is_there(*publication)) return take(entry);
    notes_.push_back(fmt::format("publication {}, which had it, is not there",
                                 entry.name.substr(0, entry.name.find(' '))));
  }

  void note_referring_tables() {
    for (const ArchiveEntry& entry : contents_.entries()) {
      if (entry.kind != "FK CONSTRAINT" || taken_.contains(entry.dump_id)) continue;
      const ArchiveEntry* const owner = contents_.owner_of(entry);
      const ArchiveEntry* const parent = contents_.parent_of(entry);
      if (owner == nullptr || parent == nullptr || chosen_.contains(owner->dump_id)) continue;
      if (!chosen_.contains(parent->dump_id) || !is_in_target_(*owner)) continue;
      notes_.push_back(
          fmt::format("foreign key {} of {} refers to {} in the dump: it is not "
                      "restored, make it again where it is missing",
                      entry.name.substr(owner->name.size() + 1), owner->table(), parent->table()));
    }
  }

  const Contents contents_;
  const IsInTarget& is_in_target_;
  std::set<int> chosen_;  // tables, views and sequences, with all that is theirs
  std::set<int> taken_;   // all that is restored
  std::vector<std::string> notes_;
};

// Tables whose rows are in the dump, those first that others refer to.
class RowSorter {
 public:
  explicit RowSorter(const ArchiveContents& contents) : contents_(contents) {
    for (const ArchiveEntry& entry : contents_.entries()) {
      if (entry.kind == "TABLE ATTACH") add_part(entry);
    }
    for (const ArchiveEntry& entry : contents_.entries()) {
      if (entry.kind == "FK CONSTRAINT") add_reference(entry);
    }
  }

  // `rows`: entries of table data. Returns them in their order; the circle, if there is one.
  std::vector<const ArchiveEntry*> sort(const std::vector<const ArchiveEntry*>& rows) {
    for (const ArchiveEntry* entry : rows) rows_of_.emplace(entry->table(), entry);
    for (const ArchiveEntry* entry : rows) visit(entry->table());
    return std::move(sorted_);
  }
  std::vector<std::string> circle() const { return {circle_.begin(), circle_.end()}; }

 private:
  void add_part(const ArchiveEntry& entry) {
    const auto [part, whole] = contents_.attached(entry);
    if (part != nullptr && whole != nullptr) parts_[whole->table()].push_back(part->table());
  }

  // A partitioned table's rows are those of its partitions.
  void add_reference(const ArchiveEntry& entry) {
    const ArchiveEntry* const owner = contents_.owner_of(entry);
    const ArchiveEntry* const parent = contents_.parent_of(entry);
    if (owner == nullptr || parent == nullptr || owner == parent) return;
    for (const std::string& child : with_parts(owner->table())) {
      for (const std::string& table : with_parts(parent->table())) {
        refers_to_[child].push_back(table);
      }
    }
  }

  std::vector<std::string> with_parts(const std::string& table) const {
    std::vector<std::string> all = {table};
    for (std::size_t i = 0; i < all.size(); ++i) {
      const auto parts = parts_.find(all[i]);
      if (parts != parts_.end()) all.insert(all.end(), parts->second.begin(), parts->second.end());
    }
    return all;
  }

  void visit(const std::string& table) {
    if (done_.contains(table)) return;
    const auto again = std::ranges::find(path_, table);
    if (again != path_.end()) {
      circle_.insert(again, path_.end());
      return;
    }
    path_.push_back(table);
    for (const std::string& parent : refers_to_[table]) {
      if (rows_of_.contains(parent)) visit(parent);
    }
    path_.pop_back();
    done_.insert(table);
    sorted_.push_back(rows_of_.at(table));
  }

  const Contents contents_;
  std::map<std::string, std::vector<std::string>> parts_;
  std::map<std::string, std::vector<std::string>> refers_to_;
  std::map<std::string, const ArchiveEntry*> rows_of_;
  std::vector<const ArchiveEntry*> sorted_;
  std::set<std::string> done_;
  std::vector<std::string> path_;  // from the table that was asked for to the present one
  std::set<std::string> circle_;
};

bool is_table(const ArchiveEntry& entry) { return is_relation(entry) && entry.kind != "SEQUENCE"; }

}  // namespace

std::vector<std::size_t> find_tables(const ArchiveContents& contents,
                                     const std::vector<std::string>& names) {
  std::vector<std::size_t> tables;
  for (const std::string& name : names) {
    const auto found = find_entry(contents, name, is_relation);
    if (!found) {
      throw Error(ErrorCode::not_found, fmt::format("the dump has no table '{}': it has {}", name,
                                                    names_in(contents, is_table)));
    }
    tables.push_back(*found);
  }
  return tables;
}

DumpSelection select_tables(const ArchiveContents& contents, const std::vector<std::size_t>& tables,
                            const IsInTarget& is_in_target) {
  return Selection(contents, is_in_target).select(tables);
}

RowOrder order_rows(const ArchiveContents& contents, const DumpSelection* selection) {
  std::set<int> taken;
  if (selection != nullptr) taken.insert(selection->entries.begin(), selection->entries.end());
  std::vector<const ArchiveEntry*> entries;
  std::vector<const ArchiveEntry*> rows;
  for (const ArchiveEntry& entry : contents.entries) {
    if (selection != nullptr && !taken.contains(entry.dump_id)) continue;
    entries.push_back(&entry);
    if (entry.is_table_data()) rows.push_back(&entry);
  }
  RowSorter sorter(contents);
  const std::vector<const ArchiveEntry*> sorted = sorter.sort(rows);
  RowOrder order;
  order.circle = sorter.circle();
  auto next = sorted.begin();
  for (const ArchiveEntry* entry : entries) {
    order.entries.push_back((entry->is_table_data() ? *next++ : entry)->dump_id);
  }
  return order;
}

}  // namespace varve
