#include "tools/restore/postgres_undo.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "store/core/error.h"
#include "tools/restore/postgres_obstacles.h"
#include "tools/restore/postgres_swap.h"
#include "tools/restore/safety_snapshot.h"

namespace varve {
namespace {

constexpr auto kKept = DatabaseMark::State::kept;

Error nothing_to_undo(const PostgresAdmin& admin, const std::vector<std::string>& unmarked) {
  std::string words = fmt::format(
      "there is neither a database that a restore of {} kept, nor a safety snapshot of "
      "it: nothing can be undone",
      admin.location());
  if (!unmarked.empty()) {
    words += fmt::format("; {} bears no mark of varve: ALTER DATABASE … RENAME TO takes it",
                         fmt::join(unmarked, ", "));
  }
  return {ErrorCode::not_found, words};
}

// A restore that changed the database as it is kept none: then the snapshot is the younger one.
bool is_of_newest_restore(const DatabaseMark& kept, const std::optional<SafetySnapshot>& safety) {
  return !safety || kept.safety == safety->snapshot.name || kept.since > safety->snapshot.time;
}

}  // namespace

PostgresUndo find_postgres_undo(Repository& repository, PostgresAdmin& admin,
                                const std::string& host) {
  auto safety = newest_safety_snapshot(
      repository,
      [&](const SourceInfo& source) {
        return source.kind == "postgresql" && source.location.ends_with('@' + admin.place());
      },
      host);
  PostgresAdmin::NamedSo named = admin.named_after_target(kKept);
  std::erase_if(named.marked, [&](const PostgresAdmin::Marked& one) {
    return one.mark.repository != to_hex(repository.config().id.view());
  });
  PostgresUndo undo;
  if (!named.marked.empty() && is_of_newest_restore(named.marked.back().mark, safety)) {
    undo.kept = std::move(named.marked.back());
  } else if (safety) {
    undo.safety_dump = safety->info().name + ".pgdump";
    undo.safety = std::move(safety->snapshot);
  } else {
    throw nothing_to_undo(admin, named.unmarked);
  }
  return undo;
}

std::string undo_postgres_swap(Repository& repository, PostgresAdmin& admin,
                               const PostgresAdmin::Marked& kept) {
  const bool replaces = admin.exists(admin.database());
  if (replaces) require_replaceable(admin);
  // What is put aside may be put back again, before any other restore is undone: it is as young as
  // the undoing.
  return swap_databases(admin, {.next = kept.name,
                                .comment = kept.mark.comment,
                                .replaces = replaces,
                                .since = Timestamp::now(),
                                .repository = to_hex(repository.config().id.view()),
                                .safety = kept.mark.safety});
}

}  // namespace varve
