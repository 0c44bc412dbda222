#include "store/ingest/snapshot_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/core/error.h"
#include "store/ingest/file_list.h"
#include "store/transform/digest.h"

namespace varve {
namespace {

constexpr unsigned kWorkers = 2;
constexpr std::size_t kQueue = 64;  // chunks

// What a source writes into: an extent or stream file, with the count and the stop in front.
template <class File>
class CountingWriter : public FileWriter {
 public:
  CountingWriter(File& file, std::function<void(std::size_t)> count)
      : file_(file), count_(std::move(count)) {}
  MutableBytes buffer() override { return file_.buffer(); }
  void produced(std::size_t count) override {
    count_(count);
    file_.produced(count);
  }

 private:
  File& file_;
  std::function<void(std::size_t)> count_;
};

const SourceInfo& source_of(const Snapshot& snapshot, const std::string& name) {
  return *std::ranges::find(snapshot.sources, name, &SourceInfo::name);
}

const FileEntry* find_file(const Snapshot* snapshot, const std::string& source_name,
                           const std::string& path) {
  const FileEntry* file = snapshot == nullptr ? nullptr : snapshot->find(path);
  return file != nullptr && snapshot->sources[file->source].name == source_name ? file : nullptr;
}

// What decode_record() refuses would be a snapshot that nobody can use.
void require_readable(ByteView record) {
  try {
    static_cast<void>(decode_record(record));
  } catch (const Error& error) {
    throw Error(ErrorCode::failed,
                fmt::format("a source gave what no snapshot can hold ({}): nothing was stored",
                            error.what()));
  }
}

}  // namespace

class SnapshotWriter::Builder : public SnapshotBuilder {
 public:
  Builder(SnapshotWriter& writer, std::size_t number, std::string source_name, const Snapshot* last)
      : writer_(writer),
        number_(static_cast<std::uint32_t>(number)),
        source_name_(std::move(source_name)),
        last_(last) {}

  void add_file(const NewFile& file, const std::function<void(FileWriter&)>& fill) override {
    writer_.expect(file.size_hint);
    FileEntry entry = entry_of(file);
    entry.chunking = file.chunking;
    if (file.chunking == Chunking::extents) {
      fill_extents(entry, file, fill);
    } else {
      fill_stream(entry, file, fill);
    }
    writer_.add(std::move(entry));
  }

  void add_entry(const NewFile& entry) override { writer_.add(entry_of(entry)); }

  void keep_file(const std::string& path) override {
    const FileEntry* file = find_file(last_, source_name_, path);
    if (file == nullptr) {
      throw Error(ErrorCode::failed,
                  fmt::format("the last snapshot of {} has no {}", source_name_, path));
    }
    FileEntry entry = *file;
    entry.source = number_;
    writer_.add(std::move(entry));
  }

  void warn(const std::string& message) override { writer_.warn(message); }

 private:
  using Fill = std::function<void(FileWriter&)>;

  FileEntry entry_of(const NewFile& file) const {
    FileEntry entry;
    entry.path = file.path;
    entry.mode = file.mode;
    entry.mtime = file.mtime;
    entry.source = number_;
    entry.type = file.type;
    entry.target = file.target;
    entry.mtime_nanoseconds = file.mtime_nanoseconds;
    entry.owner = file.owner;
    entry.sparse = file.sparse;
    entry.format = file.format;
    entry.stamp = file.stamp;
    entry.facts = file.facts;
    return entry;
  }

  std::shared_ptr<const Predecessor> predecessor_of(const NewFile& file) const {
    const std::string& path = file.predecessor.empty() ? file.path : file.predecessor;
    return writer_.predecessor_of(last_, source_name_, path);
  }

  template <class File>
  void run(File& file, FileEntry& entry, const Fill& fill) {
    CountingWriter<File> out(file, [this](std::size_t count) { writer_.count(count); });
    fill(out);
    const auto result = file.finish();
    entry.size = result.size;
    entry.root = result.root.ref;
    entry.levels = result.root.levels;
  }

  void fill_extents(FileEntry& entry, const NewFile& wanted, const Fill& fill) {
    const RepositoryConfig& config = writer_.repository_.config();
    entry.extent_size = config.extent_size;
    auto table = std::make_unique<FingerprintTableWriter>(
        writer_.fingerprint_path(source_name_, entry.path));
    ExtentFile file(writer_.chunks_, writer_.workers_, config, writer_.buffers_,
                    predecessor_of(wanted), *table);
    run(file, entry, fill);
    if (entry.root) writer_.keep({std::move(table), *entry.root});
  }

  void fill_stream(FileEntry& entry, const NewFile& wanted, const Fill& fill) {
    const std::shared_ptr<const Predecessor> predecessor = predecessor_of(wanted);
    StreamFile file(writer_.chunks_, writer_.workers_, writer_.repository_.config(),
                    predecessor->manifest.get(), wanted.size_hint);
    run(file, entry, fill);
  }

  SnapshotWriter& writer_;
  const std::uint32_t number_;
  const std::string source_name_;
  const Snapshot* const last_;
};

SnapshotWriter::SnapshotWriter(Repository& repository, std::uint64_t epoch, Trail& trail,
                               const IngestRequest& request, std::size_t sources)
    : repository_(repository),
      request_(request),
      trail_(trail),
      chunks_(repository, epoch, [&trail] { return trail.new_pack(); }),
      buffers_(repository.config().extent_size),
      workers_(kWorkers, kQueue, static_cast<int>(repository.config().compression_level)) {
  snapshot_.id = trail.new_snapshot();
  snapshot_.host = request.host;
  snapshot_.tags = request.tags;
  snapshot_.sources.resize(sources);
}

SnapshotWriter::~SnapshotWriter() = default;

void SnapshotWriter::expect(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  progress_.bytes_expected += bytes;
}

void SnapshotWriter::count(std::size_t bytes) {
  if (halted_ || request_.stop.stop_requested()) {
    throw Error(ErrorCode::interrupted, "interrupted: nothing was stored");
  }
  const std::lock_guard lock(mutex_);
  progress_.bytes_read += bytes;
  if (request_.progress) request_.progress(progress_);
}

void SnapshotWriter::add(FileEntry entry) {
  const std::lock_guard lock(mutex_);
  snapshot_.files.push_back(std::move(entry));
}

void SnapshotWriter::keep(Fingerprints fingerprints) {
  const std::lock_guard lock(mutex_);
  fingerprints_.push_back(std::move(fingerprints));
}

void SnapshotWriter::warn(const std::string& message) {
  const std::lock_guard lock(mutex_);
  warnings_.push_back(message);
}

Path SnapshotWriter::fingerprint_path(const std::string& source_name,
                                      const std::string& path) const {
  const std::string name = source_name + '\0' + path;
  return repository_.path() / "cache" /
         (to_hex(ref_of(chunk_id(as_bytes(name))).view()) + ".fingerprints");
}

std::shared_ptr<const Predecessor> SnapshotWriter::predecessor_of(const Snapshot* last,
                                                                  const std::string& source_name,
                                                                  const std::string& path) const {
  auto predecessor = std::make_shared<Predecessor>();
  const FileEntry* file = find_file(last, source_name, path);
  if (file == nullptr || !file->root) return predecessor;
  predecessor->manifest =
      std::make_unique<ManifestReader>(repository_.chunks(), *file, ChunkReader::Check::stored);
  predecessor->fingerprints =
      FingerprintTable::open(fingerprint_path(source_name, path), *file->root);
  return predecessor;
}

void SnapshotWriter::copy(std::size_t number, Source& source, const Bytes& fingerprint,
                          const Snapshot* last) {
  Builder builder(*this, number, source.name(), last);
  SourceInfo info = source.copy(builder);
  info.fingerprint = fingerprint;
  snapshot_.sources.at(number) = std::move(info);
}

void SnapshotWriter::take_over(std::size_t number, const Snapshot& last,
                               const std::string& source_name) {
  for (const FileEntry& file : last.files) {
    if (last.sources[file.source].name != source_name) continue;
    FileEntry entry = file;
    entry.source = static_cast<std::uint32_t>(number);
    add(std::move(entry));
  }
  snapshot_.sources.at(number) = source_of(last, source_name);
}

Bytes SnapshotWriter::write_record(const std::string& name) {
  snapshot_.name = name;
  Bytes record = encode_record(snapshot_);
  require_readable(record);
  trail_.say();
  const std::unique_ptr<BlobWriter> blob = repository_.blobs().create(record_name(snapshot_.id));
  blob->append(record);
  blob->commit();
  return record;
}

// A cache: without it the next ingest reads more. The snapshot is there, and nothing fails any
// more.
void SnapshotWriter::keep_fingerprints() noexcept {
  for (const Fingerprints& one : fingerprints_) {
    try {
      one.table->finish(one.root);
    } catch (const std::exception&) {
      continue;
    }
  }
}

IngestResult SnapshotWriter::commit(Timestamp time) {
  order_files(snapshot_);
  snapshot_.time = time;
  const std::vector<NewPack> packs = chunks_.finish();
  snapshot_.new_bytes = chunks_.new_bytes();
  snapshot_.added_bytes = chunks_.added_bytes();
  repository_.catalog().commit_snapshot(
      snapshot_.id, time, packs, [this](const std::string& name) { return write_record(name); });
  keep_fingerprints();
  IngestResult result;
  result.snapshot = std::move(snapshot_);
  result.bytes_read = progress_.bytes_read;
  result.warnings = std::move(warnings_);
  return result;
}

}  // namespace varve
