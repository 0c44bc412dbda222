#include "tools/restore/postgres_restore.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "store/core/error.h"
#include "store/ingest.h"
#include "tools/restore/passing_snapshot.h"
#include "tools/restore/safety_snapshot.h"
#include "tools/restore/snapshot_folder.h"
#include "tools/sources/postgres_row_counts.h"
#include "tools/sources/postgres_targets.h"

namespace varve {
namespace {

using Counts = std::map<std::string, std::uint64_t>;

// 20261121_020000: as a part of a database's name that needs no quoting.
std::string compact(Timestamp time) {
  std::string text;
  for (const char letter : to_iso(time)) {
    if (letter == 'T') text += '_';
    if (letter >= '0' && letter <= '9') text += letter;
  }
  return text;
}

// The database that is being filled; dropped again unless it got its name.
class ScratchDatabase {
 public:
  ScratchDatabase(PostgresAdmin& admin, std::string name, const DatabaseShape& shape)
      : admin_(admin), name_(std::move(name)) {
    admin_.create(name_, shape);
  }
  ~ScratchDatabase() {
    if (name_.empty()) return;
    try {
      // Not over the admin's connection: where the restore was interrupted, that one is, too.
      PostgresAdmin(admin_.target(), {}).drop(name_);
    } catch (const Error&) {
      // the server is gone; the name says what it was
    }
  }
  ScratchDatabase(const ScratchDatabase&) = delete;
  ScratchDatabase& operator=(const ScratchDatabase&) = delete;

  const std::string& name() const noexcept { return name_; }
  void keep() noexcept { name_.clear(); }

 private:
  PostgresAdmin& admin_;
  std::string name_;
};

// Of those tables of the database that were counted when it was dumped.
Counts count_rows(PostgresConnection& connection, const Counts& recorded) {
  const PostgresRows rows = connection.query(
      "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON c.relnamespace = n.oid "
      "WHERE c.relkind = 'r'");
  std::vector<PostgresTable> tables;
  for (int i = 0; i < rows.size(); ++i) {
    PostgresTable table{rows.at(i, 0), rows.at(i, 1)};
    if (recorded.contains(table.schema + '.' + table.name)) tables.push_back(std::move(table));
  }
  return PostgresRowCounts(connection, std::move(tables)).finish();
}

// A name for the database that is put aside: its moment, and a number where that is taken.
std::string aside_name(PostgresAdmin& admin, Timestamp moment) {
  const std::string suffix = "_before_" + compact(moment);
  std::string name = PostgresAdmin::name_with(admin.database(), suffix);
  for (int number = 2; admin.exists(name); ++number) {
    name = PostgresAdmin::name_with(admin.database(), fmt::format("{}_{}", suffix, number));
  }
  return name;
}

class PostgresRestore {
 public:
  PostgresRestore(Repository& repository, const Snapshot& snapshot, PostgresAdmin& admin,
                  const PostgresRestoreRequest& request)
      : repository_(repository),
        snapshot_(snapshot),
        admin_(admin),
        request_(request),
        info_(snapshot.sources.at(request.dump.source)),
        programs_(programs_for(request.dump, request.programs)),
        moment_(Timestamp::now()) {}

  PostgresRestoreResult run() {
    const auto begin = std::chrono::steady_clock::now();
    refuse_failed();
    const bool exists = admin_.exists(admin_.database());
    if (exists && request_.safety) result_.safety = save();
    const SnapshotFolder folder(repository_, snapshot_, request_.stop, part());
    apply_globals(folder);
    if (loads_in_place(request_, exists)) {
      load_in_place(folder);
    } else {
      make(folder, exists);
    }
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
    result_.seconds = elapsed.count();
    return std::move(result_);
  }

 private:
  void refuse_failed() {
    const Attestation* const failed = failed_attestation(snapshot_, info_.name);
    if (failed == nullptr) return;
    const std::string fault = fmt::format("{} of snapshot {} did not pass its verification ({})",
                                          info_.name, snapshot_.name, failed->detail);
    if (!request_.force) {
      throw Error(ErrorCode::failed, fmt::format("{}: nothing was replaced{}", fault,
                                                 way_out_of(repository_, snapshot_, info_.name)));
    }
    result_.warnings.push_back(fault + "; it was restored all the same");
  }

  Snapshot save() const {
    IngestRequest ingest_request;
    PostgresOptions options;
    options.programs = request_.programs;
    const std::string name = safety_source_name(postgres_source_name(admin_.target()));
    const std::vector<PostgresTarget> targets = {PostgresTarget{admin_.target(), name}};
    ingest_request.sources = postgres_sources(targets, options, request_.stop);
    ingest_request.tags = {kSafetyTag};
    ingest_request.host = request_.host;
    ingest_request.even_if_unchanged = true;
    ingest_request.stop = request_.stop;
    try {
      return ingest(repository_, std::move(ingest_request)).snapshot;
    } catch (const Error& error) {
      if (error.code() == ErrorCode::interrupted) throw;
      throw Error(error.code(), fmt::format("no safety snapshot of {} could be taken, and nothing "
                                            "was changed: {}; --no-safety goes without",
                                            admin_.location(), error.what()));
    }
  }

  // Where nothing can be mounted, what is not needed need not be written out.
  SnapshotFolderSettings part() const {
    SnapshotFolderSettings settings;
    const bool alone = request_.dump.format == StoredDump::Format::directory && !request_.globals;
    if (alone) settings.part = request_.dump.path;
    return settings;
  }

  void apply_globals(const SnapshotFolder& folder) {
    if (!request_.globals) return;
    if (request_.dump.globals.empty()) {
      throw Error(ErrorCode::not_found,
                  fmt::format("snapshot {} holds no globals.sql: restore without --globals",
                              snapshot_.name));
    }
    const auto connection = admin_.connect("postgres");
    for (const std::string& complaint : load_globals(
             programs_, *connection, folder.path() / request_.dump.globals, request_.stop)) {
      result_.warnings.push_back(request_.dump.globals + ": " + complaint);
    }
  }

  void load(PostgresConnection& connection, const SnapshotFolder& folder,
            const PostgresLoad& how) const {
    load_dump(programs_, connection, request_.dump, folder.path() / request_.dump.path, how,
              request_.stop);
  }

  // As the old one is; else as the dumped one was.
  DatabaseShape shape(bool exists) {
    if (exists) return admin_.shape_of(admin_.database());
    const auto fact = [&](const char* name) {
      const auto found = info_.facts.find(name);
      return found == info_.facts.end() ? std::string() : found->second;
    };
    DatabaseShape shape;
    shape.encoding = fact("encoding");
    shape.collate = fact("collation");
    shape.ctype = shape.collate;
    return shape;
  }

  std::unique_ptr<ScratchDatabase> make_scratch(bool exists) {
    const std::string name =
        PostgresAdmin::name_with(admin_.database(), "_restoring_" + compact(moment_));
    try {
      return std::make_unique<ScratchDatabase>(admin_, name, shape(exists));
    } catch (const Error& error) {
      const bool is_locale = std::string_view(error.what()).find("locale") != std::string::npos;
      if (exists || !is_locale) throw;
      result_.warnings.push_back(
          fmt::format("the server does not have the locale of the dumped "
                      "database ({}): the new one has the server's own",
                      shape(exists).collate));
      return std::make_unique<ScratchDatabase>(admin_, name, DatabaseShape());
    }
  }

  void make(const SnapshotFolder& folder, bool exists) {
    const auto scratch = make_scratch(exists);
    {
      const auto connection = admin_.connect(scratch->name());
      load(*connection, folder, request_.load);
      if (!request_.load.schema_only) compare(count_rows(*connection, info_.row_counts));
    }
    if (!exists) {
      admin_.rename(scratch->name(), admin_.database());
    } else {
      admin_.copy_settings(admin_.database(), scratch->name());
      const Timestamp saved = result_.safety ? result_.safety->time : moment_;
      result_.kept = aside_name(admin_, saved);
      admin_.swap(admin_.database(), scratch->name(), result_.kept);
    }
    scratch->keep();
  }

  void load_in_place(const SnapshotFolder& folder) {
    const auto connection = admin_.connect(admin_.database());
    const Counts before = count_rows(*connection, info_.row_counts);
    PostgresLoad how = request_.load;
    how.one_transaction = true;
    load(*connection, folder, how);
    if (how.data_only || how.schema_only) return;
    Counts made = count_rows(*connection, info_.row_counts);
    std::erase_if(made, [&](const auto& table) { return before.contains(table.first); });
    for (const auto& [table, rows] : made) compare_one(table, rows);
    result_.warnings.insert(result_.warnings.end(), faults_.begin(), faults_.end());  // it is done
  }

  void compare_one(const std::string& table, std::uint64_t rows) {
    const auto recorded = info_.row_counts.find(table);
    if (recorded == info_.row_counts.end()) return;
    result_.rows[table] = rows;
    if (recorded->second == rows) return;
    faults_.push_back(
        fmt::format("{} has {} rows, and {} were recorded", table, rows, recorded->second));
  }

  void compare(const Counts& found) {
    for (const auto& [table, rows] : found) compare_one(table, rows);
    for (const auto& [table, rows] : info_.row_counts) {
      if (request_.load.tables.empty() && !found.contains(table)) {
        faults_.push_back(fmt::format("table {} with {} rows is missing", table, rows));
      }
    }
    if (faults_.empty()) return;
    const std::string fault = fmt::format("{} of snapshot {}: {}", request_.dump.path,
                                          snapshot_.name, fmt::join(faults_, "; "));
    if (!request_.force) {
      throw Error(ErrorCode::failed, fmt::format("{}; nothing was replaced{}", fault,
                                                 way_out_of(repository_, snapshot_, info_.name)));
    }
    result_.warnings.push_back(fault);
  }

  Repository& repository_;
  const Snapshot& snapshot_;
  PostgresAdmin& admin_;
  const PostgresRestoreRequest& request_;
  const SourceInfo& info_;
  const PostgresPrograms programs_;
  const Timestamp moment_;
  std::vector<std::string> faults_;
  PostgresRestoreResult result_;
};

}  // namespace

bool loads_in_place(const PostgresRestoreRequest& request, bool exists) {
  return request.load.data_only || (exists && !request.load.tables.empty());
}

PostgresRestoreResult restore_postgres(Repository& repository, const Snapshot& snapshot,
                                       PostgresAdmin& admin,
                                       const PostgresRestoreRequest& request) {
  return PostgresRestore(repository, snapshot, admin, request).run();
}

PostgresUndo find_postgres_undo(Repository& repository, PostgresAdmin& admin,
                                const std::string& host) {
  PostgresUndo undo;
  const auto is_meant = [&](const SourceInfo& source) {
    return source.kind == "postgresql" && source.location.ends_with('@' + admin.place());
  };
  std::string saved;  // when, as it would stand in the name of the database that was kept
  if (auto found = newest_safety_snapshot(repository, is_meant, host)) {
    saved = compact(found->snapshot.time);
    undo.safety_dump = found->info().name + ".pgdump";
    undo.safety = std::move(found->snapshot);
  }
  const std::vector<std::string> kept = admin.kept_of(admin.database());
  const std::string wanted = PostgresAdmin::name_with(admin.database(), "_before_" + saved);
  if (!kept.empty() && kept.back() >= wanted) undo.kept = kept.back();
  if (undo.kept.empty() && !undo.safety) {
    throw Error(ErrorCode::not_found,
                fmt::format("there is neither a database that a restore of {} kept, nor a safety "
                            "snapshot of it: nothing can be undone",
                            admin.location()));
  }
  return undo;
}

std::string undo_postgres_swap(PostgresAdmin& admin, const PostgresUndo& undo) {
  if (!admin.exists(admin.database())) {
    admin.rename(undo.kept, admin.database());
    return {};
  }
  std::string aside = aside_name(admin, Timestamp::now());
  admin.swap(admin.database(), undo.kept, aside);
  return aside;
}

}  // namespace varve
