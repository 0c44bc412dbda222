#include "tools/restore/postgres_restore_request.h"

#include <fmt/format.h>

#include <utility>

#include "store/core/error.h"
#include "tools/restore/dump_selection.h"
#include "tools/restore/passing_snapshot.h"
#include "tools/restore/postgres_obstacles.h"
#include "tools/restore/postgres_roles.h"
#include "tools/restore/target_objects.h"

namespace varve {
namespace {

// Tables are made where they are not, and filled where they are.
void require_tables(PostgresConnection& connection, const ArchiveContents& contents,
                    const std::vector<std::size_t>& tables, bool data_only) {
  for (const std::size_t number : tables) {
    const ArchiveEntry& table = contents.entries[number];
    const bool is_there = has_object(connection, table);
    if (is_there == data_only) continue;
    throw Error(ErrorCode::failed,
                is_there ? fmt::format("{} exists in {}: rename or drop it first; --data-only adds "
                                       "the dump's rows to it, recover-rows those that it misses",
                                       table.table(), connection.location())
                         : fmt::format("there is no {} in {}: without --data-only it is made",
                                       table.table(), connection.location()));
  }
}

}  // namespace

bool loads_in_place(const PostgresRestoreRequest& request, bool exists) {
  return request.load.data_only || (exists && !request.load.tables.empty());
}

void require_restorable(Repository& repository, const Snapshot& snapshot, PostgresAdmin& admin,
                        const PostgresRestoreRequest& request) {
  require_passed(repository, snapshot, snapshot.sources.at(request.dump.source).name,
                 request.force);
  if (request.globals && request.dump.globals.empty()) {
    throw Error(
        ErrorCode::not_found,
        fmt::format(
            "snapshot {} holds no globals.sql of the server of {}: restore without --globals",
            snapshot.name, request.dump.path));
  }
  const bool exists = admin.exists(admin.database());
  const bool in_place = loads_in_place(request, exists);
  if (exists && !in_place) require_replaceable(admin);
  if (request.load.tables.empty()) return;
  const ArchiveContents contents = contents_of(repository.chunks(), snapshot, request.dump);
  const std::vector<std::size_t> tables = find_tables(contents, request.load.tables);
  if (!in_place) return;
  const auto connection = admin.connect(admin.database());
  require_tables(*connection, contents, tables, request.load.data_only);
}

std::vector<std::string> roles_to_change(Repository& repository, const Snapshot& snapshot,
                                         PostgresAdmin& admin,
                                         const PostgresRestoreRequest& request) {
  if (!request.globals) return {};
  return changed_roles(programs_for(request.dump, request.programs), admin.connection(),
                       globals_of(repository.chunks(), snapshot, request.dump), request.stop);
}

}  // namespace varve
