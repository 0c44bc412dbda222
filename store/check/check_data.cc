#include "store/check/check_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <deque>
#include <mutex>
#include <random>

#include "store/core/error.h"
#include "store/core/parallel.h"
#include "store/read/chunk_chain.h"
#include "store/transform/codec.h"
#include "store/transform/digest.h"

namespace varve {
namespace {

constexpr std::uint64_t kProgressStep = 1024;  // chunks

// What is to be done with a chunk.
enum class Work : std::uint8_t {
  nothing,
  decode,  // something on it is to be read
  read,    // decode and compare with the name
};

// Exactly the wanted part, each set of chunks as likely as another (Knuth 3.4.2, algorithm S).
std::vector<Work> choose(const CheckTable& table, double percent) {
  std::vector<Work> work(table.size(), Work::read);
  if (percent >= 100) return work;
  std::uint64_t seed = 0;
  fill_random(std::as_writable_bytes(std::span(&seed, 1)));
  std::mt19937_64 random(seed);
  auto wanted = static_cast<std::uint64_t>(
      std::ceil(static_cast<double>(table.size()) * std::max(percent, 0.0) / 100));
  for (std::size_t i = 0; i < work.size(); ++i) {
    const std::uint64_t left = work.size() - i;
    const bool chosen = std::uniform_int_distribution<std::uint64_t>(0, left - 1)(random) < wanted;
    work[i] = chosen ? Work::read : Work::nothing;
    if (chosen) --wanted;
  }
  for (ChunkNumber number = 0; number < work.size(); ++number) {
    if (work[number] != Work::read) continue;
    for (ChunkNumber base = table[number].base; base != kNoChunk && work[base] == Work::nothing;
         base = table[base].base) {
      work[base] = Work::decode;
    }
  }
  return work;
}

// A level of the tree that a thread is in.
struct Level {
  StoredObject object;
  Bytes plain;
};

struct Reader {
  Decompressor decompressor;
  std::deque<Level> levels;  // a deque: deeper ones are added while upper ones are in use
};

class Reading {
 public:
  Reading(Repository& repository, const CheckTable& table, const Dependents& dependents,
          const DataOptions& options, Findings& findings)
      : packs_(repository.packs()),
        chains_(repository.catalog(), repository.packs()),
        table_(table),
        dependents_(dependents),
        options_(options),
        findings_(findings),
        work_(choose(table, options.percent)),
        all_(static_cast<std::uint64_t>(std::count(work_.begin(), work_.end(), Work::read))) {}

  DataRead run() {
    std::vector<ChunkNumber> roots = table_.by_place();
    std::erase_if(roots, [&](ChunkNumber number) {
      return !is_root(number) || work_[number] == Work::nothing;
    });
    for_each_index(roots.size(), options_.threads, options_.stop, [&](std::size_t i) {
      thread_local Reader reader;
      read_tree(reader, roots[i], 0, {});
    });
    return {chunks_, raw_bytes_};
  }

 private:
  // Also a delta whose base is lost: at least its stored bytes can be looked at.
  bool is_root(ChunkNumber number) const {
    const ChunkNumber base = table_[number].base;
    return base == kNoChunk || table_[base].length == 0;
  }

  // `base`: the plain bytes below; nothing where they cannot be had.
  void read_tree(Reader& reader, ChunkNumber number, std::size_t depth,
                 std::optional<ByteView> base) {
    if (reader.levels.size() <= depth) reader.levels.emplace_back();
    Level& level = reader.levels[depth];
    const std::optional<ByteView> plain = read(reader, level, number, base);
    for (const ChunkNumber dependent : dependents_.of(number)) {
      if (work_[dependent] != Work::nothing && table_[dependent].length > 0) {
        read_tree(reader, dependent, depth + 1, plain);
      }
    }
  }

  std::optional<ByteView> read(Reader& reader, Level& level, ChunkNumber number,
                               std::optional<ByteView> base) {
    try {
      load(level.object, number);
      const ObjectHeader& header = level.object.parsed.header;
      if (header.codec == Codec::delta && !base) return std::nullopt;  // hurt by another finding
      level.plain.resize(header.plain_length);
      reader.decompressor.decode(header.codec, level.object.stored(), base.value_or(ByteView()),
                                 level.plain);
      if (work_[number] == Work::read) compare(header.id, level.plain, number);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::corrupt) throw;
      note(number, error.what());
      return std::nullopt;
    }
    return level.plain;
  }

  void load(StoredObject& object, ChunkNumber number) {
    const ChunkRef& ref = table_[number].ref;
    if (packs_.read(table_.location(number), object) == PackReader::Found::no_pack) {
      object = chains_.load(ref);  // gc has moved it
    }
    if (ref_of(object.parsed.header.id) != ref)
      throw corrupt_error("chunk " + to_hex(ref.view()), "another one lies in its place");
  }

  void compare(const ChunkId& id, ByteView plain, ChunkNumber number) {
    if (chunk_id(plain) != id) note(number, "it does not hold the bytes that it is named for");
    raw_bytes_ += plain.size();
    const std::uint64_t done = ++chunks_;
    if (options_.progress && (done % kProgressStep == 0 || done == all_)) {
      const std::lock_guard lock(progress_mutex_);
      options_.progress(done, all_);
    }
  }

  void note(ChunkNumber number, const std::string& why) {
    const Location where = table_.location(number);
    const std::string pack = pack_name(where.pack);
    findings_.add(pack, fmt::format("{} offset {}: {}", pack, where.offset, why), number);
  }

  PackReader& packs_;
  ChainLoader chains_;
  const CheckTable& table_;
  const Dependents& dependents_;
  const DataOptions& options_;
  Findings& findings_;
  const std::vector<Work> work_;
  const std::uint64_t all_;
  std::atomic<std::uint64_t> chunks_ = 0;
  std::atomic<std::uint64_t> raw_bytes_ = 0;
  std::mutex progress_mutex_;
};

}  // namespace

DataRead read_chunks(Repository& repository, const CheckTable& table, const Dependents& dependents,
                     const DataOptions& options, Findings& findings) {
  return Reading(repository, table, dependents, options, findings).run();
}

}  // namespace varve
