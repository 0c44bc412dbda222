#include "tools/restore/postgres_swap.h"

namespace varve {

std::string swap_databases(PostgresAdmin& admin, const PostgresSwap& swap) {
  const std::string& database = admin.database();
  PostgresAdmin at_once(admin.target(), {});
  if (!swap.replaces) {
    at_once.rename({{swap.next, database}}, {{database, swap.comment}});
    return {};
  }
  const DatabaseMark mark{.state = DatabaseMark::State::kept,
                          .of = database,
                          .since = swap.since,
                          .repository = swap.repository,
                          .safety = swap.safety,
                          .comment = admin.comment_of(database)};
  std::string aside = admin.free_name(mark.state, mark.since);
  at_once.rename({{database, aside}, {swap.next, database}},
                 {{aside, to_comment(mark)}, {database, swap.comment}});
  return aside;
}

}  // namespace varve
