#include "store/snapshot_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/core/error.h"
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

const FileEntry* find_file(const Snapshot& snapshot, const std::string& source_name,
                           const std::string& path) {
  const FileEntry* file = snapshot.find(path);
  return file != nullptr && snapshot.sources[file->source].name == source_name ? file : nullptr;
}

}  // namespace

class SnapshotWriter::Builder : public SnapshotBuilder {
 public:
  Builder(SnapshotWriter& writer, std::string source_name, const std::optional<Snapshot>& last)
      : writer_(writer), source_name_(std::move(source_name)), last_(last) {}

  void add_file(const NewFile& file, const std::function<void(FileWriter&)>& fill) override {
    writer_.progress_.bytes_expected += file.size_hint;
    const std::shared_ptr<const Predecessor> predecessor =
        writer_.predecessor_of(last_, source_name_, file.path);
    FileEntry entry;
    entry.path = file.path;
    entry.mode = file.mode;
    entry.mtime = file.mtime;
    entry.chunking = file.chunking;
    entry.source = static_cast<std::uint32_t>(writer_.snapshot_.sources.size());
    if (file.chunking == Chunking::extents) {
      fill_extents(entry, predecessor, fill);
    } else {
      fill_stream(entry, *predecessor, fill);
    }
    writer_.snapshot_.files.push_back(std::move(entry));
  }

  void warn(const std::string& message) override { writer_.warnings_.push_back(message); }

 private:
  using Fill = std::function<void(FileWriter&)>;

  template <class File>
  void run(File& file, FileEntry& entry, const Fill& fill) {
    CountingWriter<File> out(file, [this](std::size_t count) { writer_.count(count); });
    const auto result = [&] {
      try {
        fill(out);
        return file.finish();
      } catch (...) {
        writer_.workers_.cancel();  // no task may outlive the file it works for
        throw;
      }
    }();
    entry.size = result.size;
    entry.root = result.root.ref;
    entry.levels = result.root.levels;
  }

  void fill_extents(FileEntry& entry, const std::shared_ptr<const Predecessor>& predecessor,
                    const Fill& fill) {
    const RepositoryConfig& config = writer_.repository_.config();
    entry.extent_size = config.extent_size;
    writer_.extent_files_.push_back(
        std::make_unique<ExtentFile>(writer_.chunks_, writer_.workers_, config, predecessor,
                                     writer_.fingerprint_path(source_name_, entry.path)));
    run(*writer_.extent_files_.back(), entry, fill);
  }

  void fill_stream(FileEntry& entry, const Predecessor& predecessor, const Fill& fill) {
    StreamFile file(writer_.chunks_, writer_.workers_, writer_.repository_.config(),
                    predecessor.manifest.get());
    run(file, entry, fill);
  }

  SnapshotWriter& writer_;
  const std::string source_name_;
  const std::optional<Snapshot>& last_;
};

SnapshotWriter::SnapshotWriter(Repository& repository, std::uint64_t epoch,
                               const IngestRequest& request)
    : repository_(repository),
      request_(request),
      chunks_(repository, epoch),
      workers_(kWorkers, kQueue, static_cast<int>(repository.config().compression_level)) {
  snapshot_.id = random_id<SnapshotId>();
  snapshot_.host = request.host;
  snapshot_.tags = request.tags;
}

SnapshotWriter::~SnapshotWriter() = default;

void SnapshotWriter::count(std::size_t bytes) {
  if (request_.stop.stop_requested()) {
    throw Error(ErrorCode::interrupted, "interrupted: nothing was stored");
  }
  progress_.bytes_read += bytes;
  if (request_.progress) request_.progress(progress_);
}

Path SnapshotWriter::fingerprint_path(const std::string& source_name,
                                      const std::string& path) const {
  const std::string name = source_name + '\0' + path;
  return repository_.path() / "cache" /
         (to_hex(ref_of(chunk_id(as_bytes(name))).view()) + ".fingerprints");
}

std::shared_ptr<const Predecessor> SnapshotWriter::predecessor_of(
    const std::optional<Snapshot>& last, const std::string& source_name,
    const std::string& path) const {
  auto predecessor = std::make_shared<Predecessor>();
  if (!last) return predecessor;
  const FileEntry* file = find_file(*last, source_name, path);
  if (file == nullptr || !file->root) return predecessor;
  predecessor->manifest =
      std::make_unique<ManifestReader>(repository_.chunks(), *file, ChunkReader::Check::stored);
  predecessor->fingerprints =
      FingerprintTable::open(fingerprint_path(source_name, path), *file->root);
  return predecessor;
}

void SnapshotWriter::copy(Source& source, const Bytes& fingerprint,
                          const std::optional<Snapshot>& last) {
  Builder builder(*this, source.name(), last);
  SourceInfo info = source.copy(builder);
  info.fingerprint = fingerprint;
  snapshot_.sources.push_back(std::move(info));
}

void SnapshotWriter::take_over(const Snapshot& last, const std::string& source_name) {
  const auto index = static_cast<std::uint32_t>(snapshot_.sources.size());
  for (const FileEntry& file : last.files) {
    if (last.sources[file.source].name != source_name) continue;
    snapshot_.files.push_back(file);
    snapshot_.files.back().source = index;
  }
  snapshot_.sources.push_back(source_of(last, source_name));
}

Bytes SnapshotWriter::write_record(const std::string& name) {
  snapshot_.name = name;
  Bytes record = encode_record(snapshot_);
  const std::unique_ptr<BlobWriter> blob = repository_.blobs().create(record_name(snapshot_.id));
  blob->append(record);
  blob->commit();
  return record;
}

IngestResult SnapshotWriter::commit(Timestamp time) {
  std::ranges::sort(snapshot_.files, {}, &FileEntry::path);
  snapshot_.time = time;
  const std::vector<NewPack> packs = chunks_.finish();
  snapshot_.new_bytes = chunks_.new_bytes();
  snapshot_.added_bytes = chunks_.added_bytes();
  repository_.catalog().commit_snapshot(
      snapshot_.id, time, packs, [this](const std::string& name) { return write_record(name); });
  for (const std::unique_ptr<ExtentFile>& file : extent_files_) file->keep_fingerprints();
  IngestResult result;
  result.snapshot = std::move(snapshot_);
  result.bytes_read = progress_.bytes_read;
  result.warnings = std::move(warnings_);
  return result;
}

}  // namespace varve
