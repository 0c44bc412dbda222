#include "tools/cli/live_safety.h"

#include <fmt/format.h>

#include "store/core/error.h"
#include "store/snapshots/proof.h"
#include "tools/cli/host_name.h"
#include "tools/cli/source_argument.h"
#include "tools/cli/verification.h"
#include "tools/restore/safety_snapshot.h"
#include "tools/sources/postgres_connection.h"
#include "tools/sources/postgres_targets.h"

namespace varve::cli {
namespace {

std::vector<std::unique_ptr<Source>> sources_of(const Repository& repository,
                                                const std::string& target,
                                                std::chrono::seconds busy_timeout,
                                                const std::stop_token& stop) {
  const SourceSettings settings{.raw = false,
                                .exclude = {},
                                .busy_timeout = busy_timeout,
                                .repository = repository.path(),
                                .stop = stop};
  std::vector<std::unique_ptr<Source>> sources;
  for (SourceArgument argument : source_arguments({{SourceWord::Kind::source, target}})) {
    argument.name = safety_source_name(argument.name);
    if (argument.kind == SourceArgument::Kind::postgresql) {
      PostgresOptions options;
      options.lock_wait_timeout = busy_timeout;
      return postgres_sources({{argument.text, argument.name}}, options, stop);
    }
    sources.push_back(make_source(argument, settings));
  }
  return sources;
}

void require_passed(const Snapshot& snapshot) {
  for (const SourceInfo& source : snapshot.sources) {
    const Attestation* attestation = deciding_attestation(snapshot, source.name);
    if (attestation == nullptr || attestation->passed) continue;
    throw Error(ErrorCode::corrupt,
                fmt::format("the safety snapshot of {} did not pass: {}; nothing was changed "
                            "(--no-safety goes on without one)",
                            source.name, attestation->detail));
  }
}

}  // namespace

void save_live_database(SafetyPoint& safety, Repository& repository, const std::string& target,
                        std::chrono::seconds busy_timeout, const std::stop_token& stop) {
  Snapshot snapshot =
      safety.take({.target = is_postgres_target(target) ? without_secrets(target) : target,
                   .sources = sources_of(repository, target, busy_timeout, stop),
                   .host = host_name(),
                   .stop = stop});
  verify_snapshot(repository, snapshot, {"quick", {}, stop, {}});
  require_passed(snapshot);
}

void note_unsaved_change(SafetyPoint& safety, Repository& repository, const std::string& target,
                         const std::stop_token& stop) {
  const std::string location = is_postgres_target(target)
                                   ? target
                                   : location_of(std::filesystem::canonical(target)).native();
  if (!newest_safety_snapshot(repository, source_at(location), host_name())) return;
  safety.take_trace({Path(location).filename(), location, host_name(), stop});
}

}  // namespace varve::cli
