// varve-scale: a repository as it is after very many nights, and what single operations take in it.
//
//   varve-scale fill REPO SNAPSHOTS       200 chunks each: 100,000 make 20 million
//   varve-scale measure REPO OPERATION    prints "SECONDS KIB": wall time, and peak memory of the
//   process
//
// Snapshots, records and manifests are real, and written by the store's own code. The chunks that
// the manifests name are not: they have rows in the catalog, and nothing in a pack. So whatever
// does not read data is measured as it would be.
#include <fmt/format.h>
#include <sys/resource.h>

#include <charconv>
#include <chrono>
#include <exception>
#include <functional>
#include <iostream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "store/core/error.h"
#include "store/gc/forget.h"
#include "store/gc/mark.h"
#include "store/ingest/chunk_writer.h"
#include "store/ingest/ingest.h"
#include "store/repository/repository.h"
#include "store/transform/manifest.h"
#include "tests/support/memory_source.h"

namespace {

using namespace varve;

constexpr std::int64_t kFirst = 1'262'304'000;  // 2010-01-01T00:00:00Z
constexpr std::int64_t kHour = 3600;
constexpr std::size_t kSources = 20;
constexpr std::size_t kExtents = 1024;  // of each source's file: 64 MiB
constexpr std::size_t kChanged = 200;   // of them, in a snapshot
constexpr std::size_t kBatch = 100;     // snapshots whose manifests share a pack
constexpr std::uint32_t kObjectBytes = 2000;

// One source's file: which chunks it consists of, and the last manifest of it.
struct File {
  std::vector<ChunkRef> refs;
  std::optional<ChunkRef> node;
};

class Filling {
 public:
  explicit Filling(Repository& repository) : repository_(repository), files_(kSources), tools_(3) {}

  void add_batch(std::size_t begin, std::size_t end) {
    ChunkWriter chunks(repository_, repository_.catalog().epoch(), random_id<PackId>);
    NewPack data{.id = random_id<PackId>(), .size = 0, .chunks = {}};
    std::vector<Snapshot> batch;
    for (std::size_t i = begin; i < end; ++i) batch.push_back(next_snapshot(i, chunks, data));
    std::vector<NewPack> packs = chunks.finish();
    packs.push_back(std::move(data));
    for (Snapshot& snapshot : batch) {
      commit(snapshot, packs);
      packs.clear();
    }
  }

 private:
  ChunkRef new_chunk(NewPack& data) {
    ChunkId id = random_id<ChunkId>();
    data.chunks.push_back({.ref = ref_of(id), .offset = data.size, .length = kObjectBytes});
    data.size += kObjectBytes;
    return ref_of(id);
  }

  Snapshot next_snapshot(std::size_t number, ChunkWriter& chunks, NewPack& data) {
    File& file = files_[number % kSources];
    if (file.refs.empty()) {
      for (std::size_t i = 0; i < kExtents; ++i) file.refs.push_back(new_chunk(data));
    } else {
      for (std::size_t i = 0; i < kChanged; ++i) file.refs[random_() % kExtents] = new_chunk(data);
    }
    const Bytes node = encode_node({.level = 1, .refs = file.refs, .lengths = {}});
    file.node = chunks.put({.kind = ObjectKind::node,
                            .plain = node,
                            .predecessor = file.node,
                            .max_depth = repository_.config().max_stream_depth},
                           tools_);
    return describe(number, *file.node);
  }

  Snapshot describe(std::size_t number, const ChunkRef& root) const {
    Snapshot snapshot;
    snapshot.id = random_id<SnapshotId>();
    snapshot.time = Timestamp{kFirst + kHour * static_cast<std::int64_t>(number)};
    snapshot.host = "scale";
    SourceInfo& source = snapshot.sources.emplace_back();
    source.name = fmt::format("{}.db", number % kSources);
    source.kind = "memory";
    source.moment = snapshot.time;
    FileEntry& file = snapshot.files.emplace_back();
    file.path = source.name;
    file.extent_size = repository_.config().extent_size;
    file.size = std::uint64_t{kExtents} * file.extent_size;
    file.root = root;
    file.levels = 1;
    return snapshot;
  }

  void commit(Snapshot& snapshot, const std::vector<NewPack>& packs) {
    repository_.catalog().commit_snapshot(
        snapshot.id, snapshot.time, packs, [&](const std::string& name) {
          snapshot.name = name;
          Bytes record = encode_record(snapshot);
          const auto blob = repository_.blobs().create(record_name(snapshot.id));
          blob->append(record);
          blob->commit();
          return record;
        });
  }

  Repository& repository_;
  std::vector<File> files_;
  WorkerTools tools_;
  std::mt19937_64 random_{1};
};

void fill(const Path& path, std::size_t snapshots) {
  Repository::create(path);
  const auto repository = Repository::open(path);
  Filling filling(*repository);
  for (std::size_t i = 0; i < snapshots; i += kBatch) {
    filling.add_batch(i, std::min(i + kBatch, snapshots));
  }
}

// --- what is measured
// -----------------------------------------------------------------------------

// A thousand chunks, as an ingest of changed extents asks for them.
void look_up(Repository& repository) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 1000; ++i) {
    if (repository.catalog().find(ChunkKey{random()})) throw Error(ErrorCode::failed, "found");
  }
}

void ingest_one(Repository& repository, const std::string& source) {
  std::mt19937_64 random(std::random_device{}());
  MemoryFile file{.path = source, .bytes = Bytes(256u << 10)};
  for (std::byte& byte : file.bytes) byte = static_cast<std::byte>(random());
  IngestRequest request;
  request.sources.push_back(std::make_unique<MemorySource>(source, std::vector{file}));
  ingest(repository, std::move(request));
}

void forget_a_hundredth(Repository& repository) {
  std::vector<SnapshotId> ids;
  const std::vector<SnapshotRow> rows = repository.catalog().snapshots();
  for (std::size_t i = 0; i < rows.size(); i += 100) ids.push_back(rows[i].id);
  forget(repository, ids);
}

void mark_all(Repository& repository) {
  const KeySet live = mark(repository, find_roots(repository), {}).live;
  std::cerr << live.size() << " live keys\n";
}

using Operation = std::function<void(Repository&)>;
const std::map<std::string, Operation>& operations() {
  static const std::map<std::string, Operation> all = {
      {"open", [](Repository&) {}},
      {"first", [](Repository& repository) { ingest_one(repository, "new.db"); }},
      {"latest", [](Repository& repository) { repository.latest_of("7.db"); }},
      {"list", [](Repository& repository) { repository.snapshots(); }},
      {"lookup", look_up},
      {"commit", [](Repository& repository) { ingest_one(repository, "new.db"); }},
      {"forget", forget_a_hundredth},
      {"mark", mark_all},
  };
  return all;
}

void measure(const Path& path, const std::string& name) {
  const auto found = operations().find(name);
  if (found == operations().end()) throw Error(ErrorCode::usage, "no such operation: " + name);
  const auto begin = std::chrono::steady_clock::now();
  const auto repository = Repository::open(path);
  found->second(*repository);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  struct rusage used {};
  ::getrusage(RUSAGE_SELF, &used);
  std::cout << fmt::format("{:.4f} {}\n", seconds.count(), used.ru_maxrss);
}

std::optional<std::size_t> number_in(std::string_view text) {
  std::size_t number = 0;
  const auto parsed = std::from_chars(text.begin(), text.end(), number);
  return parsed.ec == std::errc() && parsed.ptr == text.end() ? std::optional(number)
                                                              : std::nullopt;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  try {
    if (words.size() == 3 && words[0] == "fill" && number_in(words[2])) {
      fill(words[1], *number_in(words[2]));
    } else if (words.size() == 3 && words[0] == "measure") {
      measure(words[1], words[2]);
    } else {
      std::cerr << "usage: varve-scale fill REPO SNAPSHOTS | varve-scale measure REPO OPERATION\n";
      return 2;
    }
  } catch (const std::exception& error) {
    std::cerr << "varve-scale: " << error.what() << '\n';
    return 1;
  }
}
