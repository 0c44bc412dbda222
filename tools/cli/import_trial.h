// The repository that a dry run fills: it really encodes, and everything is gone afterwards.
#pragma once

#include <memory>
#include <set>
#include <stop_token>
#include <string>

#include "store/repository/repository.h"
#include "tools/sources/private_folder.h"

namespace varve::cli {

class ImportTrial {
 public:
  // `existing` is what the import would go to, and must outlive this; null: there is none yet.
  // Under TMPDIR.
  explicit ImportTrial(Repository* existing);

  // Where the existing repository has the source, the trial begins with its newest snapshot, as the
  // import would. What older ones share with the backups it does not know: what it says is added is
  // the most that an import adds.
  void begin_with(const std::string& source, const std::stop_token& stop);

  Repository& repository() noexcept { return *repository_; }

 private:
  Repository* existing_;
  PrivateFolder folder_;
  std::unique_ptr<Repository> repository_;  // before the folder goes
  std::set<std::string> begun_;             // sources
};

}  // namespace varve::cli
