#include "store/repair/catalog_files.h"

#include <fmt/format.h>

#include <cerrno>
#include <utility>

#include "store/catalog/seen_generation.h"
#include "store/catalog/sqlite_catalog.h"
#include "store/core/error.h"
#include "store/repository/record_files.h"

namespace varve {
namespace {

Path with_suffix(const Path& path, const std::string& suffix) { return Path(path) += suffix; }

void remove_files(const Path& catalog) {
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
    remove_file(with_suffix(catalog, suffix));
  }
}

bool is_taken(const Path& name, bool has_old) {
  const bool has_journal = std::filesystem::exists(with_suffix(name, "-wal")) ||
                           std::filesystem::exists(with_suffix(name, "-journal"));
  return has_journal || (has_old && std::filesystem::exists(name));
}

}  // namespace

CatalogFiles::CatalogFiles(Path root, Before before)
    : root_(std::move(root)), before_(std::move(before)) {}

Path CatalogFiles::old() const { return root_ / "catalog.db"; }
Path CatalogFiles::copy() const { return root_ / "catalog.db.copy"; }
Path CatalogFiles::fresh() const { return root_ / "catalog.db.new"; }

void CatalogFiles::require_finished() const {
  // Closed by its last user it has no journal.
  if (std::filesystem::exists(with_suffix(fresh(), "-wal"))) {
    throw Error(
        ErrorCode::failed,
        fmt::format("{} could not be finished: another program has it open", fresh().native()));
  }
}

void CatalogFiles::remove_leftovers() const {
  remove_files(fresh());
  remove_files(copy());
}

// A copy is asked, as SQLite folds journals into what it opens.
std::map<SnapshotId, Bytes> CatalogFiles::read_old_records() const {
  std::map<SnapshotId, Bytes> records;
  try {
    remove_files(copy());
    for (const char* suffix : {"", "-wal", "-journal"}) {
      const Path file = with_suffix(old(), suffix);
      if (std::filesystem::exists(file)) {
        std::filesystem::copy_file(file, with_suffix(copy(), suffix));
      }
    }
    for (SnapshotRow& row : SqliteCatalog(copy()).snapshots()) {
      if (decode_record_of(row.id, row.record)) records[row.id] = std::move(row.record);
    }
  } catch (const std::exception&) {
    records.clear();  // it is what is being replaced
  }
  remove_files(copy());
  return records;
}

std::vector<std::string> CatalogFiles::exchange() const {
  std::vector<std::string> kept;
  const Path broken = free_name();
  // The catalog before its journal: without the journal it might pass for a whole one of an
  // earlier day. And the journal before the new catalog, which must not find a foreign one.
  for (const char* suffix : {"", "-wal", "-journal"}) {
    if (move(with_suffix(old(), suffix), with_suffix(broken, suffix))) {
      kept.push_back(with_suffix(broken, suffix).filename());
    }
  }
  step("removing the old catalog's shared memory");
  remove_file(with_suffix(old(), "-shm"));
  sync_directory(root_);
  remove_file(SeenGeneration::file_beside(old()));  // the new one counts from the beginning
  sync_directory(root_);
  step("putting the new catalog in place");
  if (!rename_new(fresh(), old())) {
    throw Error(ErrorCode::failed,
                fmt::format("{} appeared while it was being rebuilt: nothing was put over it",
                            old().native()));
  }
  sync_directory(root_);
  return kept;
}

// One that takes the old catalog and its journals. A name with a journal alone is that of a catalog
// whose repair was cut short between the two.
Path CatalogFiles::free_name() const {
  const bool has_old = std::filesystem::exists(old());
  Path name = root_ / "catalog.db.broken";
  for (unsigned which = 2; is_taken(name, has_old); ++which) {
    name = root_ / fmt::format("catalog.db.broken.{}", which);
  }
  return name;
}

void CatalogFiles::step(const std::string& what) const {
  if (before_) before_(what);
}

bool CatalogFiles::move(const Path& from, const Path& to) const {
  if (!std::filesystem::exists(from)) return false;
  step(fmt::format("moving {} aside", from.filename().native()));
  if (!rename_new(from, to)) throw system_error(EEXIST, "cannot create " + to.native());
  sync_directory(root_);
  return true;
}

}  // namespace varve
