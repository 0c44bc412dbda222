#include "tools/sources/postgres_verify.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "store/core/error.h"
#include "store/core/one_line.h"
#include "store/read/file_reader.h"
#include "tools/sources/copy_rows.h"
#include "tools/sources/postgres_archive.h"
#include "tools/sources/postgres_encoding.h"
#include "tools/sources/postgres_listing.h"
#include "tools/sources/postgres_row_counts.h"
#include "tools/sources/stored_dump.h"

namespace varve {
namespace {

constexpr std::string_view kFolder = ".pgdump/";
constexpr std::string_view kToc = ".pgdump/toc.dat";
constexpr std::string_view kCustom = ".dump";
constexpr std::string_view kPlain = ".sql";
constexpr std::string_view kPlainEnd = "-- PostgreSQL database dump complete";
constexpr std::size_t kPlainTail = 512;  // bytes in which that stands
constexpr std::size_t kMostFaults = 5;

class Verification {
 public:
  Verification(ChunkReader& chunks, const Snapshot& snapshot, std::uint32_t source,
               const PostgresVerification& request)
      : chunks_(chunks), info_(snapshot.sources[source]), request_(request) {
    for (const FileEntry& file : snapshot.files) {
      if (file.source != source) continue;
      files_.emplace(file.path, &file);
      all_ += file.size;
    }
  }

  Attestation run() {
    try {
      check();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::corrupt) throw;
      faults_.insert(faults_.begin(), one_line(error.what()));
    }
    Attestation made;
    made.passed = faults_.empty();
    made.program = program_.empty() ? "varve " VARVE_VERSION : program_;
    if (faults_.size() > kMostFaults) {
      faults_[kMostFaults] = fmt::format("{} more", faults_.size() - kMostFaults);
      faults_.resize(kMostFaults + 1);
    }
    made.detail = fmt::format("{}", fmt::join(faults_, "; "));
    made.row_counts = std::move(rows_);
    return made;
  }

 private:
  const FileEntry* find(std::string_view suffix) const {
    const auto found = files_.find(info_.name + std::string(suffix));
    return found == files_.end() ? nullptr : found->second;
  }

  void check() {
    if (const FileEntry* toc = find(kToc)) {
      check_directory(*toc);
    } else if (const FileEntry* archive = find(kCustom)) {
      check_custom(*archive);
    } else if (const FileEntry* script = find(kPlain)) {
      check_plain(*script);
    } else {
      faults_.emplace_back("the snapshot holds no dump of it");
    }
    if (!request_.full) return;
    for (const auto& [path, file] : files_) {
      if (!read_.contains(path)) read_back(*file);
    }
    compare_rows();
  }

  void check_directory(const FileEntry& toc) {
    Bytes bytes = content_of(toc);
    ByteView rest = bytes;
    ArchiveInput input([&](MutableBytes out) {
      const std::size_t count = std::min(out.size(), rest.size());
      std::copy_n(rest.begin(), count, out.begin());
      rest = rest.subspan(count);
      return count;
    });
    list(bytes);
    const std::optional<ArchiveContents> contents = read_directory_contents(input);
    if (!contents) return;  // newer than we know: pg_restore's word counts
    for (const ArchiveEntry& entry : contents->entries) {
      if (!entry.has_data) continue;
      const FileEntry* file = find(std::string(kFolder) + entry.file);
      if (file == nullptr) {
        faults_.push_back(fmt::format("{} of {} is missing", entry.file, entry.table()));
      } else if (request_.full && entry.is_table_data() &&
                 !take_known_rows(recorded(*contents, entry), *file)) {
        CopyRows counted;
        read(*file, [&](ByteView piece) { counted.add(piece); });
        note_rows(recorded(*contents, entry), counted);
      }
    }
  }

  std::string recorded(const ArchiveContents& contents, const ArchiveEntry& entry) const {
    const std::string table = to_utf8(entry.table(), contents.encoding);
    return recorded_name(info_.row_counts, table, contents.encoding);
  }

  bool take_known_rows(const std::string& table, const FileEntry& file) {
    const auto rows = request_.known_rows ? request_.known_rows(file) : std::nullopt;
    if (!rows) return false;
    rows_[table] = *rows;
    read_.insert(file.path);
    return true;
  }

  void check_custom(const FileEntry& archive) {
    FileReader reader(chunks_, archive, ChunkReader::Check::id);
    ArchiveInput input(in_order([&](auto offset, auto out) {
      const std::size_t count = reader.read(offset, out);
      show(count);
      return count;
    }));
    const std::optional<ArchiveContents> contents = read_custom_contents(input);
    if (!contents) return;
    list(contents->directory_toc);
    if (!request_.full) return;
    split_custom_data(input, *contents,
                      [&](const ArchiveEntry& entry, const std::string&, const auto& pieces) {
                        CopyRows counted;
                        for (ByteView piece = pieces(); !piece.empty(); piece = pieces()) {
                          counted.add(piece);
                        }
                        if (entry.is_table_data()) note_rows(recorded(*contents, entry), counted);
                      });
    read_.insert(archive.path);
  }

  void check_plain(const FileEntry& script) {
    FileReader reader(chunks_, script, ChunkReader::Check::id);
    Bytes tail(std::min<std::uint64_t>(kPlainTail, script.size));
    reader.read(script.size - tail.size(), tail);
    if (as_text(tail).find(kPlainEnd) == std::string_view::npos) {
      faults_.push_back(fmt::format("{} breaks off: pg_dump's last line is missing", script.path));
    }
  }

  void list(const Bytes& toc) {
    const ArchiveListing listing =
        list_archive(toc, fact_of(info_, "pg_dump_version"), request_.programs, request_.stop);
    program_ = listing.program;
    if (!listing.fault.empty()) faults_.push_back(listing.fault);
  }

  Bytes content_of(const FileEntry& file) {
    Bytes bytes;
    read(file, [&](ByteView piece) { bytes.insert(bytes.end(), piece.begin(), piece.end()); });
    return bytes;
  }

  void read_back(const FileEntry& file) {
    read(file, [](ByteView) {});
  }

  void read(const FileEntry& file, const std::function<void(ByteView)>& take) {
    FileReader reader(chunks_, file, ChunkReader::Check::id);
    std::uint64_t count = 0;
    reader.stream([&](ByteView bytes) {
      take(bytes);
      count += bytes.size();
      show(bytes.size());
    });
    read_.insert(file.path);
    if (count == file.size) return;
    faults_.push_back(fmt::format("{}: {} of {} bytes came back", file.path, count, file.size));
  }

  void show(std::size_t bytes) {
    if (request_.stop.stop_requested()) {
      throw Error(ErrorCode::interrupted, "the verification was interrupted");
    }
    done_ += bytes;
    if (request_.progress) request_.progress(std::min(done_, all_), all_);
  }

  void note_rows(const std::string& table, const CopyRows& counted) {
    if (const auto rows = counted.rows()) {
      rows_[table] = *rows;
    } else {
      faults_.push_back(fmt::format("the rows of {} break off", table));
    }
  }

  void compare_rows() {
    for (const auto& [table, rows] : rows_) {
      const auto counted = info_.row_counts.find(table);
      if (counted == info_.row_counts.end() || counted->second == rows) continue;
      faults_.push_back(fmt::format("{} has {} rows in the dump, and had {} in the database", table,
                                    rows, counted->second));
    }
  }

  ChunkReader& chunks_;
  const SourceInfo& info_;
  const PostgresVerification& request_;
  std::map<std::string, const FileEntry*> files_;
  std::set<std::string> read_;  // paths
  std::map<std::string, std::uint64_t> rows_;
  std::vector<std::string> faults_;
  std::string program_;
  std::uint64_t done_ = 0;
  std::uint64_t all_ = 0;
};

}  // namespace

Attestation verify_postgres(ChunkReader& chunks, const Snapshot& snapshot, std::uint32_t source,
                            const PostgresVerification& request) {
  return Verification(chunks, snapshot, source, request).run();
}

}  // namespace varve
