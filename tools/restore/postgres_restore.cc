#include "tools/restore/postgres_restore.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "store/core/error.h"
#include "tools/restore/dump_selection.h"
#include "tools/restore/filling_database.h"
#include "tools/restore/passing_snapshot.h"
#include "tools/restore/postgres_obstacles.h"
#include "tools/restore/postgres_roles.h"
#include "tools/restore/postgres_swap.h"
#include "tools/restore/postgres_undo.h"
#include "tools/restore/safety_point.h"
#include "tools/restore/safety_snapshot.h"
#include "tools/restore/snapshot_folder.h"
#include "tools/restore/target_objects.h"
#include "tools/sources/postgres_encoding.h"
#include "tools/sources/postgres_row_counts.h"
#include "tools/sources/postgres_targets.h"

namespace varve {
namespace {

// SQLSTATEs of CREATE DATABASE with a locale that the server does not have, or that does not go
// with the encoding.
constexpr const char* kNoSuchLocale = "42809";
constexpr const char* kOtherEncoding = "22023";

bool is_superuser(PostgresConnection& connection) {
  return connection.value("SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == "t";
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
        begin_(Timestamp::now()),
        safety_(repository) {}

  PostgresRestoreResult run() {
    const auto begin = std::chrono::steady_clock::now();
    require_restorable(repository_, snapshot_, admin_, request_);
    if (auto warning = require_passed(repository_, snapshot_, info_.name, request_.force)) {
      result_.warnings.push_back(std::move(*warning));
    }
    result_.notes = drop_left_databases(admin_);
    restore();
    result_.safety = safety_.snapshot();
    result_.warnings.insert(result_.warnings.end(), safety_.warnings().begin(),
                            safety_.warnings().end());
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
    result_.seconds = elapsed.count();
    return std::move(result_);
  }

 private:
  void restore() {
    const bool exists = admin_.exists(admin_.database());
    const SnapshotFolder folder(repository_, snapshot_, request_.stop, part());
    apply_globals(folder);
    if (loads_in_place(request_, exists)) {
      load_in_place(folder);
    } else {
      make(folder, exists);
    }
  }

  void save() {
    if (!request_.safety) return note_unsaved();
    PostgresOptions options;
    options.programs = request_.programs;
    const std::string name = safety_source_name(postgres_source_name(admin_.target()));
    safety_.take({.target = admin_.location(),
                  .sources = postgres_sources({{admin_.target(), name}}, options, request_.stop),
                  .host = request_.host,
                  .stop = request_.stop});
  }

  // Where --undo would find an older one.
  void note_unsaved() {
    if (!has_postgres_undo(repository_, admin_, request_.host)) return;
    const std::string name = postgres_source_name(admin_.target());
    safety_.take_trace({name, admin_.location(), request_.host, request_.stop});
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
    for (const std::string& complaint :
         load_globals(programs_, admin_.connection(), folder.path() / request_.dump.globals,
                      request_.stop)) {
      result_.warnings.push_back(request_.dump.globals + ": " + complaint);
    }
  }

  // `is_new`: there is nothing in the database yet.
  PostgresLoad prepare(PostgresConnection& connection, bool is_new) {
    PostgresLoad load = request_.load;
    if (load.tables.empty() && !load.data_only) return load;
    const ArchiveContents contents = contents_of(repository_.chunks(), snapshot_, request_.dump);
    std::optional<DumpSelection> selection;
    if (!load.tables.empty()) {
      selection = select_tables(
          contents, find_tables(contents, load.tables),
          [&](const ArchiveEntry& entry) { return !is_new && has_object(connection, entry); });
      load.entries = selection->entries;
      chosen_.insert(selection->tables.begin(), selection->tables.end());
      if (!load.data_only) note_selection(*selection);
    }
    if (load.data_only) order(connection, contents, selection ? &*selection : nullptr, load);
    return load;
  }

  void note_selection(const DumpSelection& selection) {
    result_.notes.insert(result_.notes.end(), selection.notes.begin(), selection.notes.end());
  }

  // All rows of one dump refer to each other: what they refer to need not be looked up again, and
  // no trigger made them. Of some tables it must.
  void order(PostgresConnection& connection, const ArchiveContents& contents,
             const DumpSelection* selection, PostgresLoad& load) {
    const bool is_whole = selection == nullptr && request_.dump.selection.empty();
    load.without_triggers = is_whole && is_superuser(connection);
    RowOrder order = order_rows(contents, selection);
    if (!order.circle.empty() && !load.without_triggers) {
      throw Error(ErrorCode::failed,
                  fmt::format("{} refer to each other by foreign keys, in a circle: their rows go "
                              "in only when a superuser restores all tables",
                              fmt::join(order.circle, ", ")));
    }
    load.entries = std::move(order.entries);
  }

  void load(PostgresConnection& connection, const SnapshotFolder& folder,
            const PostgresLoad& how) const {
    load_dump(programs_, connection, request_.dump, folder.path() / request_.dump.path, how,
              request_.stop);
  }

  // As the old one is; else as the dumped one was.
  DatabaseShape shape(bool exists) {
    if (exists) return shape_of(admin_.connection(), admin_.database());
    DatabaseShape shape;
    shape.encoding = fact_of(info_, "encoding");
    shape.collate = fact_of(info_, "collation");
    shape.ctype = shape.collate;
    return shape;
  }

  std::string repository_id() const { return to_hex(repository_.config().id.view()); }

  std::unique_ptr<FillingDatabase> make_filling(bool exists) {
    try {
      return std::make_unique<FillingDatabase>(admin_, repository_id(), begin_, shape(exists));
    } catch (const PostgresError& error) {
      const bool is_locale = error.state() == kNoSuchLocale || error.state() == kOtherEncoding;
      if (exists || !is_locale) throw;
      result_.warnings.push_back(
          fmt::format("the server does not have the locale of the dumped "
                      "database ({}): the new one has the server's own",
                      shape(exists).collate));
      return std::make_unique<FillingDatabase>(admin_, repository_id(), begin_, DatabaseShape());
    }
  }

  void make(const SnapshotFolder& folder, bool exists) {
    const auto filling = make_filling(exists);
    {
      const auto connection = admin_.connect(filling->name());
      load(*connection, folder, prepare(*connection, true));
      if (!request_.load.schema_only) require_rows(*connection);
    }
    if (exists) {
      replace_by(filling->name());
    } else {
      swap_databases(admin_, {.next = filling->name()});
    }
    filling->keep();
  }

  void replace_by(const std::string& next) {
    const std::string& database = admin_.database();
    require_replaceable(admin_);  // who came in while it was filled
    for (const std::string& fault : copy_properties(admin_.connection(), database, next)) {
      result_.warnings.push_back("not taken over from the old database: " + fault);
    }
    save();
    const auto& safety = safety_.taken();
    try {
      result_.kept = swap_databases(admin_, {.next = next,
                                             .comment = admin_.comment_of(database),
                                             .replaces = true,
                                             .since = safety ? safety->time : Timestamp::now(),
                                             .repository = repository_id(),
                                             .safety = safety ? safety->name : ""});
    } catch (const UnclearCommit&) {
      safety_.keep();
      throw;
    }
    safety_.keep();
  }

  void load_in_place(const SnapshotFolder& folder) {
    const auto connection = admin_.connect(admin_.database());
    PostgresLoad how = prepare(*connection, false);
    how.one_transaction = true;
    save();
    load_at_once(*connection, folder, how);
    safety_.keep();
    if (!how.data_only && !how.schema_only) warn_of_rows(*connection);
  }

  // In one transaction. Where the connection broke nobody knows whether the server did it.
  void load_at_once(PostgresConnection& connection, const SnapshotFolder& folder,
                    const PostgresLoad& how) {
    try {
      load(connection, folder, how);
    } catch (const Error& error) {
      if (!tells_of_a_broken_connection(error.what())) throw;
      safety_.keep();
      const auto& safety = safety_.snapshot();
      throw Error(
          error.code(),
          fmt::format(
              "{}; it was done, or nothing of it: look whether the rows are there{}", error.what(),
              safety ? fmt::format(" (the safety snapshot {} holds what was there)", safety->name)
                     : ""));
    }
  }

  // It is done: what goes wrong from here on undoes nothing.
  void warn_of_rows(PostgresConnection& connection) {
    try {
      for (std::string& fault : check_rows(connection)) {
        result_.warnings.push_back(std::move(fault));
      }
    } catch (const Error& error) {
      result_.warnings.push_back(
          fmt::format("it was restored, and its rows were not counted: {}", error.what()));
    }
  }

  // Of the tables that are restored and were counted when they were dumped.
  std::vector<std::string> check_rows(PostgresConnection& connection) {
    RowCounts recorded = info_.row_counts;
    const std::string encoding = fact_of(info_, "encoding");
    std::erase_if(recorded, [&](const auto& table) {
      return !chosen_.empty() && !chosen_.contains(table.first) &&
             !chosen_.contains(to_utf8(table.first, encoding));
    });
    result_.rows =
        PostgresRowCounts(connection, tables_of(connection, recorded, encoding)).finish();
    return compare_rows(recorded, result_.rows);
  }

  void require_rows(PostgresConnection& connection) {
    const std::vector<std::string> faults = check_rows(connection);
    if (faults.empty()) return;
    const std::string fault = fmt::format("{} of snapshot {}: {}", request_.dump.path,
                                          snapshot_.name, fmt::join(faults, "; "));
    if (!request_.force) throw refusal(repository_, snapshot_, info_.name, fault);
    result_.warnings.push_back(taken_all_the_same(fault));
  }

  Repository& repository_;
  const Snapshot& snapshot_;
  PostgresAdmin& admin_;
  const PostgresRestoreRequest& request_;
  const SourceInfo& info_;
  const PostgresPrograms programs_;
  const Timestamp begin_;
  std::set<std::string> chosen_;  // tables, where not all are restored
  SafetyPoint safety_;
  PostgresRestoreResult result_;
};

// What the store cannot give back, another snapshot may have.
Error explained(const Error& error, Repository& repository, const Snapshot& snapshot,
                const PostgresAdmin& admin, const PostgresRestoreRequest& request) {
  if (error.code() == ErrorCode::interrupted) {
    return {error.code(),
            fmt::format("interrupted: no database was changed or made on {}", admin.location())};
  }
  if (error.code() != ErrorCode::corrupt) return error;
  const std::string& source = snapshot.sources.at(request.dump.source).name;
  return {error.code(),
          fmt::format("{} of snapshot {} cannot be read from the repository ({}): nothing was "
                      "replaced; {}",
                      request.dump.path, snapshot.name, error.what(),
                      way_out(repository, snapshot, source)),
          error.context()};
}

}  // namespace

PostgresRestoreResult restore_postgres(Repository& repository, const Snapshot& snapshot,
                                       PostgresAdmin& admin,
                                       const PostgresRestoreRequest& request) {
  try {
    return PostgresRestore(repository, snapshot, admin, request).run();
  } catch (const Error& error) {
    throw explained(error, repository, snapshot, admin, request);
  }
}

}  // namespace varve
