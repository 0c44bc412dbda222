#include "tools/restore/postgres_undo.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "store/core/error.h"
#include "tools/restore/postgres_obstacles.h"
#include "tools/restore/postgres_swap.h"
#include "tools/restore/safety_snapshot.h"
#include "tools/restore/unsaved_change.h"

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

// Of whatever user.
MeantSource source_of(const PostgresAdmin& admin) {
  return [end = '@' + admin.place()](const SourceInfo& source) {
    const bool is_kind = source.kind == "postgresql" || source.kind == UnsavedChange::kKind;
    return is_kind && source.location.ends_with(end);
  };
}

// The databases that restores of this repository kept, oldest first.
PostgresAdmin::NamedSo kept_databases(const Repository& repository, PostgresAdmin& admin) {
  PostgresAdmin::NamedSo kept = admin.named_after_target(kKept);
  std::erase_if(kept.marked, [&](const PostgresAdmin::Marked& one) {
    return one.mark.repository != to_hex(repository.config().id.view());
  });
  return kept;
}

// "" where there is none.
std::string older_database(const PostgresAdmin::NamedSo& kept) {
  if (kept.marked.empty()) return {};
  const PostgresAdmin::Marked& newest = kept.marked.back();
  return fmt::format("what it was until {} is called {}: ALTER DATABASE … RENAME TO takes it",
                     to_iso(newest.mark.since), newest.name);
}

PostgresUndo undo_from(SafetySnapshot safety) {
  PostgresUndo undo;
  undo.safety_dump = safety.info().name + ".pgdump";
  undo.safety = std::move(safety.snapshot);
  return undo;
}

}  // namespace

PostgresUndo find_postgres_undo(Repository& repository, PostgresAdmin& admin,
                                const std::string& host, std::optional<Snapshot> named) {
  const MeantSource is_meant = source_of(admin);
  if (named) {
    return undo_from(require_safety_snapshot(std::move(*named), is_meant, admin.location()));
  }
  auto safety = newest_safety_snapshot(repository, is_meant, host);
  PostgresAdmin::NamedSo kept = kept_databases(repository, admin);
  if (!kept.marked.empty() && is_of_newest_restore(kept.marked.back().mark, safety)) {
    return {.kept = std::move(kept.marked.back()), .safety = {}, .safety_dump = {}};
  }
  if (!safety) throw nothing_to_undo(admin, kept.unmarked);
  refuse_unsaved(repository, *safety, is_meant, admin.location(), older_database(kept));
  return undo_from(std::move(*safety));
}

bool has_postgres_undo(Repository& repository, PostgresAdmin& admin, const std::string& host) {
  return newest_safety_snapshot(repository, source_of(admin), host) ||
         !kept_databases(repository, admin).marked.empty();
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
