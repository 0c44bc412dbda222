#include "tools/drill/file_drill.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "store/core/error.h"
#include "store/read/file_reader.h"
#include "store/restore/restore.h"
#include "tools/drill/drill_folder.h"
#include "tools/drill/dump_rows.h"
#include "tools/drill/dump_trial.h"
#include "tools/drill/findings.h"
#include "tools/drill/rdb_trial.h"
#include "tools/sources/assertions.h"
#include "tools/sources/rdb_recognition.h"
#include "tools/sources/redis_verify.h"
#include "tools/sources/sqlite_checks.h"
#include "tools/sources/sqlite_handle.h"
#include "tools/sources/sqlite_trust.h"

namespace varve {
namespace {

constexpr std::uint64_t kRoomBeside = 16u << 20;  // bytes for folders and the filesystem itself
constexpr std::string_view kArchive = "PGDMP";    // of pg_dump's custom and directory formats
constexpr int kInstructions = 100'000;            // of SQLite between two looks at the stop

int is_stopped(void* stop) {
  return static_cast<const std::stop_token*>(stop)->stop_requested() ? 1 : 0;
}

// The restored file as any program would open it: to write, or SQLite would pass over the CHECK
// constraints (snapshot_vfs.h).
OwnedSqliteConnection open(const Path& file, const std::stop_token& stop) {
  sqlite3* connection = nullptr;
  const int code = sqlite3_open_v2(
      file.c_str(), &connection,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, nullptr);
  OwnedSqliteConnection owned(connection);
  if (code != SQLITE_OK) {
    throw Error(ErrorCode::failed, fmt::format("SQLite cannot open the restored {}: {}",
                                               file.native(), sqlite3_errstr(code)));
  }
  distrust(connection);
  // is_stopped() only reads it. NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast)
  auto* const context = const_cast<std::stop_token*>(&stop);
  sqlite3_progress_handler(connection, kInstructions, is_stopped, context);
  return owned;
}

class FileDrill {
 public:
  FileDrill(Repository& repository, const Snapshot& snapshot, std::uint32_t source,
            const DrillRequest& request)
      : repository_(repository), snapshot_(snapshot), source_(source), request_(request) {
    for (const FileEntry& file : snapshot_.files) {
      if (file.source == source_) bytes_ += file.size;
    }
  }

  Attestation run() {
    folder_.require_space(bytes_ + kRoomBeside, info().name);
    restore();
    for (const FileEntry& file : snapshot_.files) {
      if (file.source == source_ && file.format == "sqlite") check_database(file);
    }
    for (const Dump& dump : dumps()) try_dump(dump);
    for (const FileEntry& file : snapshot_.files) {  // last: a server takes its file away
      if (file.source == source_ && file.format == kRdbFormat) check_rdb(file);
    }
    compare_with_recorded();
    if (!is_sqlite() && !request_.assertions.empty()) {
      findings_.faults.push_back(fmt::format(
          "assertions cannot be put to it: it is no database, its kind is {}", info().kind));
    }
    made_.program = "varve " VARVE_VERSION;
    if (has_databases_) made_.program += fmt::format(", sqlite {}", sqlite3_libversion());
    if (!postgres_.empty()) made_.program += ", " + postgres_;
    if (!redis_.empty()) made_.program += ", " + redis_;
    std::move(findings_).conclude(made_);
    return std::move(made_);
  }

 private:
  const SourceInfo& info() const { return snapshot_.sources.at(source_); }
  bool is_sqlite() const { return info().kind == "sqlite"; }

  void restore() {
    RestoreOptions options;
    options.stop = request_.stop;
    options.progress = request_.progress;
    if (snapshot_.has_folder(info().name)) {
      add(restore_folder(repository_, snapshot_, info().name, folder_.path() / info().name,
                         options));
      return;
    }
    for (const FileEntry& file : snapshot_.files) {
      if (file.source != source_ || file.type == FileType::folder) continue;
      const Path target = folder_.path() / file.path;
      std::filesystem::create_directories(target.parent_path());
      add(restore_file(repository_, snapshot_, file, target, options));
    }
  }

  // A dump that somebody made with pg_dump and had stored as files.
  struct Dump {
    std::string path;
    std::uint64_t bytes = 0;
    bool is_folder = false;
  };

  // Known by their first bytes; a directory's by its contents' file.
  std::vector<Dump> dumps() const {
    std::vector<Dump> found;
    for (const FileEntry& file : snapshot_.files) {
      if (file.source != source_ || file.type != FileType::file || !is_archive(file)) continue;
      const std::size_t slash = file.path.rfind('/');
      const bool is_toc = slash != std::string::npos && file.path.substr(slash + 1) == "toc.dat";
      found.push_back(is_toc ? Dump{file.path.substr(0, slash), bytes_, true}
                             : Dump{file.path, file.size, false});
    }
    return found;
  }

  bool is_archive(const FileEntry& file) const {
    if (file.size < kArchive.size()) return false;
    std::array<std::byte, kArchive.size()> front{};
    File::open_read(folder_.path() / file.path).read_exact_at(0, front);
    return as_text(front) == kArchive;
  }

  // Whether it can be tried says nothing about the files: then they are as good as others.
  void try_dump(const Dump& dump) {
    try {
      TriedDump tried;
      tried.name = dump.path;
      tried.bytes = 2 * dump.bytes;  // it may be compressed
      Findings rows;
      if (dump.is_folder) {
        DumpRows held = rows_in_directory(folder_.path() / dump.path);
        tried.recorded_rows = std::move(held.counts);
        rows.faults = std::move(held.faults);
      }
      take(dump.path, rows);
      DumpTrial trial(tried, find_newest_postgres_server(request_.programs), request_.stop);
      trial.restore(folder_.path() / dump.path);
      trial.look({});
      made_.restore_seconds += trial.restore_seconds();
      postgres_ = trial.program();
      take(dump.path, trial.findings());
    } catch (const Error& error) {
      note_untried(dump.path, error);
      untried_.push_back(dump.path + ":");
    }
  }

  // A server takes what it is given: the stored form is proven first. Its keys are no rows that a
  // later drill could ask for again: some expire.
  void check_rdb(const FileEntry& file) {
    FileReader reader(repository_.chunks(), file, ChunkReader::Check::id);
    const Attestation stored = verify_plain_rdb(reader, VerifyLevel::full, request_.stop);
    if (!stored.passed) return findings_.faults.push_back(file.path + ": " + stored.detail);
    if (!stored.detail.empty()) findings_.notes.push_back(stored.detail);
    try {
      const DrillFolder own;
      RdbTrial trial(own.path(), file.path, request_.stop);
      trial.load(folder_.path() / file.path);
      made_.restore_seconds += trial.load_seconds();
      redis_ = trial.program();
      Findings found = std::move(trial.findings());
      found.row_counts.clear();
      take(file.path, found);
    } catch (const Error& error) {
      note_untried(file.path, error);
    }
  }

  void note_untried(const std::string& path, const Error& error) {
    if (error.code() == ErrorCode::interrupted) throw;
    findings_.notes.push_back(fmt::format("{} was not put into a server: {}", path, error.what()));
  }

  void take(const std::string& path, const Findings& found) {
    for (const std::string& fault : found.faults) {
      findings_.faults.push_back(fmt::format("{}: {}", path, fault));
    }
    for (const auto& [table, rows] : found.row_counts) {
      findings_.row_counts[fmt::format("{}:{}", path, table)] = rows;
    }
  }

  void add(const RestoreResult& result) { made_.restore_seconds += result.seconds; }

  // Tables that a note tells of are no missing ones.
  void compare_with_recorded() {
    if (findings_.row_counts.empty()) return;
    RowCounts recorded = recorded_rows(snapshot_, source_);
    std::erase_if(recorded, [this](const auto& table) {
      const bool is_counted = findings_.row_counts.contains(table.first);
      return !is_counted && (uncounted_.contains(table.first) ||
                             std::ranges::any_of(untried_, [&](const std::string& dump) {
                               return table.first.starts_with(dump);
                             }));
    });
    findings_.add_faults(compare_rows(recorded, findings_.row_counts));
  }

  void check_database(const FileEntry& file) {
    has_databases_ = true;
    const OwnedSqliteConnection database = open(folder_.path() / file.path, request_.stop);
    const SqliteFindings found = check_fully({database.get()});
    if (found.faults.empty() && is_sqlite()) {
      findings_.add_assertions(put_assertions(database.get(), request_.assertions));
    }
    if (request_.stop.stop_requested()) {
      throw Error(ErrorCode::interrupted, "the drill was interrupted");
    }
    const std::string front = is_sqlite() ? "" : file.path + ": ";
    for (const std::string& fault : found.faults) findings_.faults.push_back(front + fault);
    for (const std::string& note : found.notes) findings_.notes.push_back(front + note);
    const std::string prefix = is_sqlite() ? "" : file.path + ":";
    for (const auto& [table, rows] : found.row_counts) {
      findings_.row_counts[prefix + table] = rows;
    }
    for (const std::string& table : found.uncounted) uncounted_.insert(prefix + table);
  }

  Repository& repository_;
  const Snapshot& snapshot_;
  const std::uint32_t source_;
  const DrillRequest& request_;
  DrillFolder folder_;
  std::uint64_t bytes_ = 0;
  bool has_databases_ = false;
  std::string postgres_;              // which server took a dump; empty: there was none
  std::string redis_;                 // likewise of an RDB file
  std::set<std::string> uncounted_;   // tables that SQLite cannot read here
  std::vector<std::string> untried_;  // dumps that no server took, as the front of their tables
  Findings findings_;
  Attestation made_;
};

}  // namespace

Attestation drill_files(Repository& repository, const Snapshot& snapshot, std::uint32_t source,
                        const DrillRequest& request) {
  return FileDrill(repository, snapshot, source, request).run();
}

}  // namespace varve
