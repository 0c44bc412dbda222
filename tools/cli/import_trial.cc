#include "tools/cli/import_trial.h"

#include <utility>

#include "store/ingest/ingest.h"
#include "tools/import/stored_source.h"

namespace varve::cli {

ImportTrial::ImportTrial(Repository* existing) : existing_(existing) {
  const Path path = folder_.path() / "repository";
  Repository::create(path, existing == nullptr ? RepositoryConfig() : existing->config());
  repository_ = Repository::open(path);
}

void ImportTrial::begin_with(const std::string& source, const std::stop_token& stop) {
  if (existing_ == nullptr || !begun_.insert(source).second) return;
  const std::optional<Snapshot> last = existing_->latest_of(source);
  if (!last) return;
  IngestRequest request;
  request.sources.push_back(make_stored_source(*existing_, *last, source));
  request.time = last->time;
  request.host = last->host;
  request.stop = stop;
  ingest(*repository_, std::move(request));
}

}  // namespace varve::cli
