#include "tools/sources/postgres_archive_verify.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <utility>

#include "store/core/error.h"
#include "store/core/one_line.h"
#include "store/read/file_reader.h"
#include "tools/sources/copy_rows.h"
#include "tools/sources/inflater.h"
#include "tools/sources/postgres_archive.h"
#include "tools/sources/postgres_listing.h"

namespace varve {
namespace {

constexpr std::string_view kToc = "toc.dat";
constexpr std::size_t kMostFaults = 5;
constexpr std::array<std::string_view, 4> kDataEnds = {"", ".gz", ".lz4", ".zst"};

// One entry's data.
class EntryData {
 public:
  // gzip alone is unpacked.
  explicit EntryData(bool is_packed) {
    if (is_packed) inflater_.emplace();
  }
  void add(ByteView bytes) {
    if (!inflater_) return rows_.add(bytes);
    has_any_ = has_any_ || !bytes.empty();
    inflater_->add(bytes, [this](ByteView plain) { rows_.add(plain); });
  }
  bool is_whole() const { return !inflater_ || !has_any_ || inflater_->is_complete(); }
  std::optional<std::uint64_t> rows() const { return rows_.rows(); }

 private:
  std::optional<Inflater> inflater_;
  bool has_any_ = false;
  CopyRows rows_;
};

class ArchiveVerification {
 public:
  ArchiveVerification(ChunkReader& chunks, const Snapshot& snapshot, const FileEntry& file,
                      const PostgresVerification& request)
      : chunks_(chunks),
        snapshot_(snapshot),
        file_(file),
        request_(request),
        reader_(chunks, file, ChunkReader::Check::id),
        input_([this](MutableBytes out) { return read(out); }) {}

  Attestation run() {
    try {
      if (is_directory()) {
        check_directory();
      } else {
        check_custom();
      }
    } catch (const Error& error) {
      if (error.code() != ErrorCode::corrupt) throw;
      faults_.push_back(one_line(error.what()));
    }
    Attestation made;
    made.passed = faults_.empty();
    made.program = program_.empty() ? "varve " VARVE_VERSION : program_;
    std::vector<std::string>& words = made.passed ? notes_ : faults_;
    if (words.size() > kMostFaults) {
      words[kMostFaults] = fmt::format("{} more", words.size() - kMostFaults);
      words.resize(kMostFaults + 1);
    }
    made.detail = fmt::format("{}", fmt::join(words, "; "));
    made.row_counts = std::move(rows_);
    return made;
  }

 private:
  bool is_directory() const { return Path(file_.path).filename() == kToc; }

  void check_custom() {
    const auto contents = read_custom_contents(input_);
    if (!contents) return refuse_unknown();
    list(*contents);
    if (!request_.full || !can_be_unpacked(contents->compression)) return;
    const bool is_packed = !contents->compression.empty();
    split_custom_data(input_, *contents,
                      [&](const ArchiveEntry& entry, const std::string& file, const auto& pieces) {
                        // The list of large objects is made up here; the objects are packed.
                        EntryData data(is_packed && !is_list(entry, file));
                        for (ByteView piece = pieces(); !piece.empty(); piece = pieces()) {
                          data.add(piece);
                        }
                        note(entry, data);
                      });
  }

  void check_directory() {
    const auto contents = read_directory_contents(input_);
    if (!contents) return refuse_unknown();
    list(*contents);
    for (const ArchiveEntry& entry : contents->entries) {
      if (entry.file.empty()) continue;
      if (entry.is_large_objects()) {
        check_large_objects(entry);
      } else if (!check_file(entry, entry.file)) {
        note_missing(entry, entry.file);
      }
    }
  }

  static bool is_list(const ArchiveEntry& entry, const std::string& file) {
    return entry.is_large_objects() && file == entry.file;
  }

  std::string folder() const { return file_.path.substr(0, file_.path.size() - kToc.size()); }

  void note_missing(const ArchiveEntry& entry, const std::string& file) {
    faults_.push_back(fmt::format("{} of {} is missing", file, entry.table()));
  }

  // A list that is never packed, of objects that may be. The tar format's contents name another
  // file than it has.
  void check_large_objects(const ArchiveEntry& entry) {
    const FileEntry* list = snapshot_.find(folder() + entry.file);
    if (list == nullptr) list = snapshot_.find(folder() + "blobs.toc");
    if (list == nullptr) return note_missing(entry, entry.file);
    std::string text;
    FileReader reader(chunks_, *list, ChunkReader::Check::id);
    reader.stream([&](ByteView bytes) { text += as_text(bytes); }, 1);
    std::istringstream lines(text);
    std::string number;
    std::string file;
    while (lines >> number >> file) {
      if (!check_file(entry, file)) note_missing(entry, file);
    }
  }

  // False where it is not there.
  bool check_file(const ArchiveEntry& entry, const std::string& name) {
    for (const std::string_view end : kDataEnds) {
      const FileEntry* file = snapshot_.find(folder() + name + std::string(end));
      if (file == nullptr) continue;
      if (!request_.full || !can_be_unpacked(end)) return true;
      EntryData data(!end.empty());
      FileReader reader(chunks_, *file, ChunkReader::Check::id);
      reader.stream([&](ByteView bytes) {
        stop_if_asked();
        data.add(bytes);
      });
      note(entry, data);
      return true;
    }
    return false;
  }

  // Says once that the data is not looked at.
  bool can_be_unpacked(std::string_view packing) {
    if (packing.empty() || packing == "gzip" || packing == ".gz") return true;
    std::string note =
        fmt::format("its data was read but not unpacked ({})", packing.substr(packing[0] == '.'));
    if (std::ranges::find(notes_, note) == notes_.end()) notes_.push_back(std::move(note));
    return false;
  }

  void refuse_unknown() {
    faults_.emplace_back(
        "it is no archive of pg_dump 9.3 to 18, the ones that this varve can look into");
  }

  // pg_restore that is not installed says nothing about the archive.
  void list(const ArchiveContents& contents) {
    try {
      const ArchiveListing listing = list_archive(contents.directory_toc, contents.dump_version,
                                                  request_.programs, request_.stop);
      program_ = listing.program;
      if (!listing.fault.empty()) faults_.push_back(listing.fault);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::failed && error.code() != ErrorCode::not_found) throw;
      notes_.push_back(fmt::format("pg_restore was not asked: {}", one_line(error.what())));
    }
  }

  void note(const ArchiveEntry& entry, const EntryData& data) {
    if (!data.is_whole()) {
      faults_.push_back(fmt::format("the data of {} breaks off", entry.table()));
    } else if (entry.is_table_data() && !entry.copy.empty()) {
      if (const auto rows = data.rows()) {
        rows_[entry.table()] = *rows;
      } else {
        faults_.push_back(fmt::format("the rows of {} break off", entry.table()));
      }
    }
  }

  std::size_t read(MutableBytes out) {
    stop_if_asked();
    const std::size_t count = reader_.read(offset_, out);
    offset_ += count;
    return count;
  }

  void stop_if_asked() const {
    if (!request_.stop.stop_requested()) return;
    throw Error(ErrorCode::interrupted, "the verification was interrupted");
  }

  ChunkReader& chunks_;
  const Snapshot& snapshot_;
  const FileEntry& file_;
  const PostgresVerification& request_;
  FileReader reader_;
  std::uint64_t offset_ = 0;
  ArchiveInput input_;
  std::map<std::string, std::uint64_t> rows_;
  std::vector<std::string> faults_;
  std::vector<std::string> notes_;
  std::string program_;
};

}  // namespace

Attestation verify_postgres_archive(ChunkReader& chunks, const Snapshot& snapshot,
                                    const FileEntry& file, const PostgresVerification& request) {
  return ArchiveVerification(chunks, snapshot, file, request).run();
}

}  // namespace varve
