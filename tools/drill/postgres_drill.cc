#include "tools/drill/postgres_drill.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <set>
#include <sstream>
#include <thread>
#include <utility>

#include "store/core/error.h"
#include "store/file_reader.h"
#include "tools/drill/drill_folder.h"
#include "tools/drill/findings.h"
#include "tools/drill/postgres_globals.h"
#include "tools/drill/scratch_postgres.h"
#include "tools/process/child_program.h"
#include "tools/restore/snapshot_folder.h"
#include "tools/sources/assertions.h"
#include "tools/sources/one_line.h"
#include "tools/sources/postgres_row_counts.h"

namespace varve {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kDatabase = "drill";
constexpr const char* kGlobals = "globals.sql";
constexpr unsigned kMostJobs = 4;
constexpr std::uint64_t kCluster = 300u << 20;  // bytes: an empty one, and its log
constexpr std::size_t kMostGlobals = 64u << 20;

int version_of(const SourceInfo& info, const std::string& fact) {
  const auto found = info.facts.find(fact);
  if (found == info.facts.end()) return 0;
  return parse_postgres_version(found->second).value_or(0);
}

std::string fact_of(const SourceInfo& info, const std::string& fact) {
  const auto found = info.facts.find(fact);
  return found == info.facts.end() ? "" : found->second;
}

// host:port of a location without secrets, postgresql://user@host:port/database.
std::string server_of(const SourceInfo& info) {
  const std::string& text = info.location;
  const std::size_t begin = text.find('@');
  const std::size_t end = text.rfind('/');
  return begin == text.npos || end == text.npos || end < begin
             ? ""
             : text.substr(begin + 1, end - begin - 1);
}

std::string quoted_literal(std::string_view text) {
  std::string out = "'";
  for (const char letter : text) out.append(letter == '\'' ? 2 : 1, letter);
  return out + "'";
}

class PostgresDrill {
 public:
  PostgresDrill(Repository& repository, const Snapshot& snapshot, std::uint32_t source,
                const DrillRequest& request)
      : repository_(repository),
        snapshot_(snapshot),
        source_(source),
        info_(snapshot.sources.at(source)),
        request_(request),
        programs_(find_postgres_server(
            std::max(version_of(info_, "engine_version"), version_of(info_, "pg_dump_version")),
            request.programs)) {}

  Attestation run() {
    folder_.require_space(needed_space(), info_.name);
    server_.emplace(folder_.path(), programs_, request_.stop);
    require_extensions();
    {
      const SnapshotFolder files(repository_, snapshot_, request_.stop, {.part = dump_folder()});
      const Clock::time_point begin = Clock::now();
      restore(files.path());
      const std::chrono::duration<double> elapsed = Clock::now() - begin;
      made_.restore_seconds = elapsed.count();
    }
    if (findings_.faults.empty()) look();
    made_.program = "PostgreSQL " + programs_.version;
    std::move(findings_).conclude(made_);
    return std::move(made_);
  }

 private:
  const FileEntry* find(const std::string& suffix) const {
    const FileEntry* file = snapshot_.find(info_.name + suffix);
    return file != nullptr && file->source == source_ ? file : nullptr;
  }

  std::optional<std::string> dump_folder() const {
    if (find(".pgdump/toc.dat") == nullptr) return {};
    return info_.name + ".pgdump";
  }

  std::uint64_t needed_space() const {
    std::uint64_t bytes = 0;
    for (const FileEntry& file : snapshot_.files) {
      if (file.source == source_) bytes += file.size;
    }
    const std::string size = fact_of(info_, "database_size");
    std::uint64_t database = 0;
    std::from_chars(size.data(), size.data() + size.size(), database);
    return std::max(bytes, database) + kCluster;
  }

  // What is not installed here says nothing about the dump.
  void require_extensions() const {
    PostgresConnection connection(server_->target("postgres"), "", request_.stop);
    const PostgresRows rows = connection.query("SELECT name FROM pg_available_extensions");
    std::set<std::string> available;
    for (int i = 0; i < rows.size(); ++i) available.insert(rows.at(i, 0));
    std::vector<std::string> missing;
    std::istringstream extensions(fact_of(info_, "extensions"));  // "pg_trgm 1.6, plpgsql 1.0"
    for (std::string one; std::getline(extensions >> std::ws, one, ',');) {
      const std::string name = one.substr(0, one.find(' '));
      if (!available.contains(name)) missing.push_back(name);
    }
    if (missing.empty()) return;
    throw Error(
        ErrorCode::failed,
        fmt::format("{} needs extensions that are not installed for PostgreSQL {} here: {}",
                    info_.name, major_version(version_of_programs()), fmt::join(missing, ", ")));
  }

  int version_of_programs() const { return parse_postgres_version(programs_.version).value_or(0); }

  void restore(const Path& files) {
    const bool has_roles = restore_globals();
    create_database();
    if (findings_.faults.empty()) restore_dump(files, has_roles);
  }

  // The server's own, whichever of its databases they were stored with.
  const FileEntry* globals() const {
    for (const FileEntry& file : snapshot_.files) {
      const SourceInfo& owner = snapshot_.sources.at(file.source);
      const bool fits =
          (file.path == kGlobals || file.path.ends_with(std::string(".") + kGlobals)) &&
          owner.kind == info_.kind && server_of(owner) == server_of(info_);
      if (fits) return &file;
    }
    return nullptr;
  }

  bool restore_globals() {
    const FileEntry* const file = globals();
    if (file == nullptr || file->size > kMostGlobals) {
      findings_.notes.emplace_back(
          "restored without owners and privileges: the snapshot has no globals.sql of its server");
      return false;
    }
    Bytes script(file->size);
    FileReader reader(repository_.chunks(), *file, ChunkReader::Check::id);
    script.resize(reader.read(0, script));
    PostgresConnection connection(server_->target("postgres"), "", request_.stop);
    for (const std::string& statement : globals_for_scratch(as_text(script))) {
      try {
        connection.query(statement);
      } catch (const Error& error) {
        if (error.code() == ErrorCode::interrupted) throw;
        findings_.faults.push_back(
            fmt::format("{}: {}", file->path, without_place(error, connection)));
      }
    }
    return true;
  }

  static std::string without_place(const Error& error, const PostgresConnection& connection) {
    const std::string words = error.what();
    const std::string place = connection.location() + ": ";
    return words.starts_with(place) ? words.substr(place.size()) : words;
  }

  // In its own order of letters where this machine knows it.
  void create_database() {
    PostgresConnection connection(server_->target("postgres"), "", request_.stop);
    const std::string encoding = fact_of(info_, "encoding");
    const std::string collation = fact_of(info_, "collation");
    std::string sql = fmt::format("CREATE DATABASE {} TEMPLATE template0", kDatabase);
    if (!encoding.empty()) sql += " ENCODING " + quoted_literal(encoding);
    const auto with = [&](const std::string& locale) {
      const std::string text = quoted_literal(locale);
      return fmt::format("{} LC_COLLATE {} LC_CTYPE {}", sql, text, text);
    };
    try {
      connection.query(with(collation.empty() ? "C" : collation));
    } catch (const Error& error) {
      if (error.code() == ErrorCode::interrupted || collation.empty()) throw;
      findings_.notes.push_back(
          fmt::format("sorted as in the locale C: this machine has no {}", collation));
      connection.query(with("C"));
    }
  }

  std::vector<std::string> command(const Path& files, bool has_roles) const {
    if (find(".sql") != nullptr) {
      return {programs_.client(), "--no-psqlrc",    "--quiet", "--set=ON_ERROR_STOP=1",
              "--no-password",    "--dbname=drill", "--file",  files / (info_.name + ".sql")};
    }
    const unsigned jobs = std::clamp(std::thread::hardware_concurrency(), 1U, kMostJobs);
    std::vector<std::string> words = {programs_.restore(),
                                      "--no-password",
                                      "--dbname=drill",
                                      "--exit-on-error",
                                      "--no-tablespaces",
                                      "--no-subscriptions",  // they would reach out to a server
                                      fmt::format("--jobs={}", jobs)};
    if (!has_roles) words.insert(words.end(), {"--no-owner", "--no-privileges"});
    words.push_back(files / (info_.name + (dump_folder() ? ".pgdump" : ".dump")));
    return words;
  }

  void restore_dump(const Path& files, bool has_roles) {
    ChildProgram::Setting setting;
    setting.arguments = command(files, has_roles);
    setting.environment = server_->environment();
    setting.hidden = {"PG"};
    ChildProgram program(setting, request_.stop);
    program.read_all();
    const ChildProgram::Result result = program.wait();
    if (result.status == 0) return;
    const std::string words =
        fmt::format("{} fails ({}): {}", Path(setting.arguments.front()).filename().native(),
                    result.how(), one_line(result.errors, 1000));
    if (result.errors.find("No space left on device") != std::string::npos) {
      throw Error(ErrorCode::no_space, fmt::format("the drill of {}: {}", info_.name, words));
    }
    const std::string selection = fact_of(info_, "selection");
    if (!selection.empty()) {
      throw Error(ErrorCode::failed,
                  fmt::format("{} is a dump of {} and cannot be restored alone: {}", info_.name,
                              selection, words));
    }
    findings_.faults.push_back(words);
  }

  void look() {
    PostgresConnection connection(server_->target(kDatabase), "", request_.stop);
    count_rows(connection);
    findings_.note(put_assertions(connection, request_.assertions));
  }

  // The tables that have recorded counts; where there are none, those that have rows of their own.
  void count_rows(PostgresConnection& connection) {
    const auto recorded = recorded_rows(snapshot_, source_);
    const auto own = tables_with_rows(connection);
    const PostgresRows rows = connection.query(
        "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON c.relnamespace = n.oid "
        "WHERE c.relkind = 'r'");
    std::vector<PostgresTable> tables;
    for (int i = 0; i < rows.size(); ++i) {
      PostgresTable table{rows.at(i, 0), rows.at(i, 1)};
      if (recorded.contains(table.schema + '.' + table.name)) tables.push_back(std::move(table));
    }
    PostgresRowCounts counts(connection, recorded.empty() ? own : tables);
    findings_.row_counts = counts.finish();
    compare(recorded);
  }

  // A note elsewhere (a locale) excuses no missing table.
  void compare(const std::map<std::string, std::uint64_t>& recorded) {
    std::vector<std::string> notes = std::exchange(findings_.notes, {});
    findings_.compare_rows(recorded);
    findings_.notes = std::move(notes);
  }

  Repository& repository_;
  const Snapshot& snapshot_;
  const std::uint32_t source_;
  const SourceInfo& info_;
  const DrillRequest& request_;
  const PostgresPrograms programs_;
  DrillFolder folder_;
  std::optional<ScratchPostgres> server_;  // gone before its folder
  Findings findings_;
  Attestation made_;
};

}  // namespace

Attestation drill_postgres(Repository& repository, const Snapshot& snapshot, std::uint32_t source,
                           const DrillRequest& request) {
  return PostgresDrill(repository, snapshot, source, request).run();
}

}  // namespace varve
