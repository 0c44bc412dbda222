#include "store/repository/repository.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <thread>

#include "store/blob/local_backend.h"
#include "store/blob/parity_backend.h"
#include "store/catalog/sqlite_catalog.h"
#include "store/core/error.h"
#include "store/core/lock.h"
#include "store/repository/config_files.h"
#include "store/repository/founding.h"
#include "store/repository/record_files.h"
#include "store/repository/repository_lock.h"
#include "store/snapshots/snapshot_name.h"

namespace varve {
namespace {

namespace stdfs = std::filesystem;

constexpr std::size_t kCacheBytes = 64u << 20;
constexpr std::chrono::seconds kPatience{2};
constexpr std::chrono::milliseconds kBetweenTries{20};

Error no_repository(const Path& path) {
  if (config_can_be_brought_back(path)) {
    return Error(ErrorCode::no_repository,
                 fmt::format("{} has lost its file config: 'varve check --repair' brings it back "
                             "out of config.copy",
                             path.native()));
  }
  std::error_code absent;
  if (stdfs::is_directory(path / "packs", absent) && !stdfs::is_empty(path / "packs", absent)) {
    return Error(
        ErrorCode::no_repository,
        fmt::format("{} has lost both config and config.copy, without which nothing can be "
                    "read: put one of them back from a copy of this repository",
                    path.native()));
  }
  return Error(ErrorCode::no_repository,
               fmt::format("{} holds no repository: make one with 'varve init {}'", path.native(),
                           path.native()));
}

// Those who hold a lock say who they are; commands that only look do not.
std::string users_of(const Path& path) {
  std::string users;
  std::error_code absent;  // then nobody holds a lock there
  for (const auto& item : stdfs::directory_iterator(path / "locks", absent)) {
    if (!FileLock::is_held(item.path())) continue;
    std::string words = FileLock::holder(item.path());
    while (words.ends_with('\n')) words.pop_back();
    const std::size_t line = words.rfind('\n');
    users += (users.empty() ? "" : "; ") + (line == words.npos ? words : words.substr(line + 1));
  }
  return users;
}

// Commands that only look are done soon, and so is a mount that was just unmounted. Those who say
// who they are take longer: they are not waited for.
bool lock_when_alone(File& config_file, const Path& path) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!config_file.try_lock(File::Lock::exclusive)) {
    if (std::chrono::steady_clock::now() > end || !users_of(path).empty()) return false;
    std::this_thread::sleep_for(kBetweenTries);
  }
  return true;
}

}  // namespace

struct Repository::State {
  State(const Path& root, const RepositoryConfig& configuration, File locked,
        ParityBackend* with_parity, RepositoryParts parts)
      : path(root),
        config(configuration),
        config_file(std::move(locked)),
        parity(with_parity),
        blobs(std::move(parts.blobs)),
        catalog(std::move(parts.catalog)),
        packs(*blobs),
        chunks(*catalog, packs, kCacheBytes) {}

  const Path path;
  const RepositoryConfig config;
  const File config_file;       // locked, shared
  ParityBackend* const parity;  // owned by blobs, or by what wraps it
  const std::unique_ptr<BlobBackend> blobs;
  const std::unique_ptr<Catalog> catalog;
  PackReader packs;
  ChunkReader chunks;
};

Repository::Repository(std::unique_ptr<State> state) : state_(std::move(state)) {}
Repository::~Repository() = default;

namespace {

// Some ways to copy a repository leave empty folders out.
void make_missing_folders(const Path& root) {
  std::error_code read_only;  // then nobody needs them: what wants to write says what is wrong
  for (const char* folder : kRepositoryFolders) {
    if (!stdfs::exists(root / folder, read_only)) {
      stdfs::create_directory(root / folder, root, read_only);
    }
  }
}

}  // namespace

void Repository::create(const Path& path, RepositoryConfig config) {
  config.id = random_id<RepositoryId>();
  fill_random(std::as_writable_bytes(std::span(&config.fingerprint_seed, 1)));
  found_repository(path, config);
}

File lock_shared(const Path& repository) {
  std::optional<File> file = File::open_if_exists(repository / "config");
  if (!file) throw no_repository(repository);
  if (!file->try_lock(File::Lock::shared)) {
    throw Error(ErrorCode::locked,
                fmt::format("the catalog of {} is being rebuilt by 'varve repair catalog'; wait "
                            "for it",
                            repository.native()));
  }
  return std::move(*file);
}

std::unique_ptr<BlobBackend> open_blobs(const Path& root, const RepositoryConfig& config) {
  auto local = std::make_unique<LocalBackend>(root);
  if (config.parity_percent == 0) return local;
  return std::make_unique<ParityBackend>(std::move(local), config.parity_percent);
}

std::unique_ptr<Repository> Repository::open(const Path& path) {
  return open(path, [](RepositoryParts parts) { return parts; });
}

std::unique_ptr<Repository> Repository::open(const Path& path, const Wrap& wrap) {
  File file = lock_shared(path);
  const RepositoryConfig config = read_config(path);
  const Path root = stdfs::canonical(path);
  make_missing_folders(root);
  RepositoryParts parts{open_blobs(root, config),
                        std::make_unique<SqliteCatalog>(root / "catalog.db")};
  auto* const parity = dynamic_cast<ParityBackend*>(parts.blobs.get());
  return std::unique_ptr<Repository>(new Repository(
      std::make_unique<State>(root, config, std::move(file), parity, wrap(std::move(parts)))));
}

Repository::Alone Repository::lock_alone(const Path& path) {
  std::optional<File> file = File::open_to_change(path / "config");
  if (!file) throw no_repository(path);
  if (!lock_when_alone(*file, path)) {
    const std::string users = users_of(path);
    throw Error(ErrorCode::locked,
                fmt::format("the repository {} is in use ({}); stop what uses it first",
                            path.native(), users.empty() ? "by another varve command" : users));
  }
  const RepositoryConfig config = read_config(path);
  return {std::move(*file), config, stdfs::canonical(path)};
}

const Path& Repository::path() const noexcept { return state_->path; }
const RepositoryConfig& Repository::config() const noexcept { return state_->config; }
BlobBackend& Repository::blobs() noexcept { return *state_->blobs; }
ParityBackend* Repository::parity() noexcept { return state_->parity; }
Catalog& Repository::catalog() noexcept { return *state_->catalog; }
PackReader& Repository::packs() noexcept { return state_->packs; }
ChunkReader& Repository::chunks() noexcept { return state_->chunks; }

std::string record_name(const SnapshotId& id) { return "snapshots/" + to_hex(id.view()); }
std::string attestation_prefix(const SnapshotId& id) {
  return fmt::format("attestations/{}-", to_hex(id.view()));
}

Snapshot to_snapshot(const SnapshotRow& row) {
  try {
    Snapshot snapshot = decode_record(row.record);
    for (const Bytes& document : row.attestations) {
      std::ranges::move(decode_attestations(document, row.id),
                        std::back_inserter(snapshot.attestations));
    }
    return snapshot;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt) throw;
    throw Error(ErrorCode::corrupt,
                fmt::format("snapshot {} cannot be read: {}; 'varve check' says what helps",
                            row.name, error.what()),
                error.context());
  }
}

namespace {

std::vector<Snapshot> decoded(const std::vector<SnapshotRow>& rows) {
  std::vector<Snapshot> snapshots;
  for (const SnapshotRow& row : rows) snapshots.push_back(to_snapshot(row));
  return snapshots;
}

}  // namespace

std::vector<Snapshot> Repository::snapshots() { return decoded(catalog().snapshots()); }

Snapshot Repository::resolve(const std::string& text) {
  // By its name one can be had beside others that cannot be read; all else weighs them all.
  const std::vector<SnapshotRow> rows = catalog().snapshots();
  const auto named = std::ranges::find(rows, text, &SnapshotRow::name);
  if (named != rows.end()) return to_snapshot(*named);
  return resolve_snapshot(decoded(rows), text);
}

std::optional<Snapshot> Repository::latest_of(const std::string& source_name) {
  const auto found = latest_of(std::vector{source_name}).snapshots.front();
  return found ? std::optional(*found) : std::nullopt;
}

Repository::Latest Repository::latest_of(const std::vector<std::string>& source_names) {
  Latest latest;
  std::map<std::string_view, std::shared_ptr<const Snapshot>> found;
  for (const std::string& name : source_names) found[name] = nullptr;
  std::size_t missing = found.size();
  catalog().visit_snapshots([&](const SnapshotRow& row) {
    std::shared_ptr<const Snapshot> snapshot;
    try {
      snapshot = std::make_shared<const Snapshot>(to_snapshot(row));
    } catch (const Error& error) {
      if (error.code() != ErrorCode::corrupt) throw;
      latest.unreadable.emplace_back(error.what());
      return true;
    }
    for (const SourceInfo& source : snapshot->sources) {
      const auto wanted = found.find(source.name);
      if (wanted == found.end() || wanted->second) continue;
      wanted->second = snapshot;
      --missing;
    }
    return missing > 0;
  });
  for (const std::string& name : source_names) latest.snapshots.push_back(found[name]);
  return latest;
}

void Repository::attest(const SnapshotId& id, const std::vector<Attestation>& attestations) {
  const Bytes bytes = encode_attestations(id, attestations);
  // Inside the catalog's transaction nobody else takes a number.
  catalog().add_attestation(
      id, bytes, [&] { write_record_file(blobs(), free_attestation_name(blobs(), id), bytes); });
}

}  // namespace varve
