// What restoring an SQLite database takes beyond writing its bytes: its journal mode, its proof,
// and the way for it (replaced_database.h). For every database of a restore, also those in folders.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "store/restore/restore.h"
#include "tools/restore/replaced_database.h"
#include "tools/sources/row_counts.h"
#include "tools/sources/sqlite_verify.h"

namespace varve {

// What is known of one database that will be restored.
struct DatabaseCase {
  bool wal_mode = false;  // it goes back into WAL mode
  // Nothing: only that its bytes are those that were stored.
  std::optional<VerifyLevel> check = {};
  RowCounts recorded_rows = {};  // empty: not recorded
  std::string source = {};       // the one that it belongs to
  std::string label = {};        // for messages: "history.db of snapshot …"
};

// What was found out about a database that was restored.
struct DatabaseResult {
  Path target;
  std::optional<VerifyLevel> check;
  std::size_t tables = 0;
  std::uint64_t rows = 0;
  bool rows_compared = false;            // with the recorded ones
  std::vector<std::string> faults = {};  // taken all the same
  std::vector<std::string> notes = {};   // what could not be looked at
  double seconds = 0;                    // of the check
};

// Not thread-safe.
class DatabaseAttendant : public RestoreAttendant {
 public:
  // What is replaced, as it was saved, by the file's path in the snapshot.
  using Saved = std::map<std::string, DatabaseStamps>;
  struct Questions {
    // A database that does not pass is an Error from here, unless this returns: then it is taken.
    std::function<void(const DatabaseCase&, const std::string& fault)> refuse = {};
    // Everything is good, nothing is replaced yet: saves what will be. May be null.
    std::function<Saved()> save = {};
  };

  // `cases` by the file's path in the snapshot.
  DatabaseAttendant(std::map<std::string, DatabaseCase> cases, Questions questions,
                    std::stop_token stop);

  void complete(const FileEntry& file, const Path& target, File& staged) override;
  void prove(const FileEntry& file, const Path& target, const Path& staged) override;
  void ready() override;
  std::shared_ptr<void> make_way(const FileEntry& file, const Path& target) override;

  const std::vector<DatabaseResult>& results() const noexcept { return results_; }

 private:
  const DatabaseCase* find(const FileEntry& file) const;

  std::map<std::string, DatabaseCase> cases_;
  Questions questions_;
  std::stop_token stop_;
  Saved saved_;
  std::vector<DatabaseResult> results_;
};

}  // namespace varve
