#include "store/check/check_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "store/core/error.h"
#include "store/core/parallel.h"

namespace varve {
namespace {

// A delta whose base is known by its key only, so far.
constexpr ChunkNumber kUnlinked = kNoChunk - 1;
constexpr std::size_t kBatch = 1024;  // keys asked for at once
constexpr int kAttempts = 3;          // gc moves an object once in a while

std::string key_text(ChunkKey key) { return fmt::format("{:016x}", key.value); }

// A reference of which only the key is known: the rest is zero until the header is read.
ChunkRef ref_of_key(ChunkKey key) {
  ChunkRef ref;
  for (std::size_t i = 0; i < 8; ++i) {
    ref.bytes[i] = static_cast<std::byte>(key.value >> (56 - 8 * i) & 0xff);
  }
  return ref;
}

}  // namespace

CheckTable::CheckTable(Repository& repository, Findings& findings, std::vector<ChunkRef> needed,
                       const std::stop_token& stop)
    : repository_(repository), findings_(findings) {
  std::sort(needed.begin(), needed.end());
  needed.erase(std::unique(needed.begin(), needed.end()), needed.end());
  for (Run run = append_run(std::exchange(needed, {})); run.begin != run.end;) {
    locate(run);
    read_headers(run, stop);
    const Run bases = append_run(new_bases(run));
    link_bases(run);
    run = bases;
  }
  base_keys_ = {};
  for (const Run& run : runs_) expect_bases_below(run);
}

CheckTable::Run CheckTable::append_run(const std::vector<ChunkRef>& refs) {
  if (chunks_.size() + refs.size() >= kUnlinked) {
    throw Error(ErrorCode::failed, "the repository holds more chunks than check can number");
  }
  const Run run{static_cast<ChunkNumber>(chunks_.size()),
                static_cast<ChunkNumber>(chunks_.size() + refs.size())};
  chunks_.reserve(run.end);
  for (const ChunkRef& ref : refs) chunks_.push_back({.ref = ref});
  levels_.resize(run.end);
  base_keys_.resize(run.end);
  runs_.push_back(run);
  return run;
}

void CheckTable::locate(const Run& run) {
  std::array<ChunkKey, kBatch> keys;
  std::array<std::optional<Location>, kBatch> found;
  for (ChunkNumber begin = run.begin; begin < run.end; begin += kBatch) {
    const std::size_t count = std::min<std::size_t>(kBatch, run.end - begin);
    for (std::size_t i = 0; i < count; ++i) keys[i] = key_of(chunks_[begin + i].ref);
    repository_.catalog().find_many(std::span(keys).first(count), std::span(found).first(count));
    for (std::size_t i = 0; i < count; ++i) {
      const auto number = static_cast<ChunkNumber>(begin + i);
      if (found[i]) {
        place(number, *found[i]);
      } else {
        lose(number, "the catalog",
             fmt::format("chunk {}{} is missing from the catalog", key_text(keys[i]),
                         is_base_only(number) ? ", the base of a delta," : ""));
      }
    }
  }
}

void CheckTable::read_headers(const Run& run, const std::stop_token& stop) {
  std::vector<ChunkNumber> order = by_place();
  std::erase_if(order, [&](ChunkNumber number) { return number < run.begin; });
  for (auto begin = order.begin(); begin != order.end();) {
    throw_if_stopped(stop);
    const std::uint32_t pack = chunks_[*begin].pack;
    const auto end = std::find_if(begin, order.end(),
                                  [&](ChunkNumber number) { return chunks_[number].pack != pack; });
    read_headers_of_pack(std::span(begin, end));
    begin = end;
  }
}

void CheckTable::read_headers_of_pack(std::span<const ChunkNumber> numbers) {
  const std::vector<PackEntry> entries = entries_of_pack(packs_[chunks_[numbers.front()].pack]);
  for (const ChunkNumber number : numbers) examine(number, entries);
}

// Empty where the footer or an object's header is damaged: the catalog still leads to the rest.
std::vector<PackEntry> CheckTable::entries_of_pack(const PackId& pack) {
  try {
    return repository_.packs().entries(pack);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::corrupt) findings_.add(error.what());
    if (error.code() != ErrorCode::corrupt && error.code() != ErrorCode::not_found) throw;
    return {};
  }
}

void CheckTable::examine(ChunkNumber number, const std::vector<PackEntry>& entries) {
  std::optional<ParsedObject> parsed;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    try {
      parsed = header_of(number, attempt == 0 ? entries : std::vector<PackEntry>());
    } catch (const Error& error) {
      if (error.code() != ErrorCode::corrupt) throw;
      return lose(number, pack_name(location(number).pack), error.what());
    }
    if (parsed && is_header_of(number, parsed->header)) return take_header(number, *parsed);
    if (!look_again(number)) break;
  }
  const std::string pack = pack_name(location(number).pack);
  lose(number, pack,
       parsed ? fmt::format("{} offset {}: another chunk lies here than the catalog says", pack,
                            chunks_[number].offset)
              : fmt::format("{} is missing", pack));
}

// Nothing where there is no such pack.
std::optional<ParsedObject> CheckTable::header_of(ChunkNumber number,
                                                  const std::vector<PackEntry>& entries) {
  const std::uint32_t offset = chunks_[number].offset;
  const auto entry =
      std::lower_bound(entries.begin(), entries.end(), offset,
                       [](const PackEntry& a, std::uint64_t wanted) { return a.offset < wanted; });
  if (entry != entries.end() && entry->offset == offset) return entry->parsed;
  ParsedObject parsed;
  if (repository_.packs().read_header(location(number), parsed) == PackReader::Found::no_pack) {
    return std::nullopt;
  }
  return parsed;
}

bool CheckTable::is_header_of(ChunkNumber number, const ObjectHeader& header) const {
  const ChunkRef& wanted = chunks_[number].ref;
  const ChunkRef ref = ref_of(header.id);
  return is_base_only(number) ? key_of(ref) == key_of(wanted) : ref == wanted;
}

void CheckTable::take_header(ChunkNumber number, const ParsedObject& parsed) {
  Chunk& chunk = chunks_[number];
  const ObjectHeader& header = parsed.header;
  chunk.ref = ref_of(header.id);
  if (parsed.header_length + header.stored_length != chunk.length) {
    const std::string pack = pack_name(location(number).pack);
    return lose(number, pack,
                fmt::format("{} offset {}: the catalog gives the object another length", pack,
                            chunk.offset));
  }
  levels_[number] = {header.depth, header.kind, header.crowded};
  if (header.codec == Codec::delta) {
    chunk.base = kUnlinked;
    base_keys_[number] = header.base;
  }
}

// gc may have moved the chunk; or its key is another chunk's and it lies apart. False: no news.
bool CheckTable::look_again(ChunkNumber number) {
  const Location before = location(number);
  const ChunkRef ref = chunks_[number].ref;
  for (const auto& where :
       {repository_.catalog().find_crowded(ref), repository_.catalog().find(key_of(ref))}) {
    if (!where || *where == before) continue;
    place(number, *where);
    return chunks_[number].length > 0;
  }
  return false;
}

std::vector<ChunkRef> CheckTable::new_bases(const Run& run) const {
  std::vector<ChunkRef> bases;
  for (ChunkNumber number = run.begin; number < run.end; ++number) {
    if (chunks_[number].base == kUnlinked && !find_base(base_keys_[number])) {
      bases.push_back(ref_of_key(base_keys_[number]));
    }
  }
  std::sort(bases.begin(), bases.end());
  bases.erase(std::unique(bases.begin(), bases.end()), bases.end());
  return bases;
}

void CheckTable::link_bases(const Run& run) {
  for (ChunkNumber number = run.begin; number < run.end; ++number) {
    if (chunks_[number].base == kUnlinked) chunks_[number].base = *find_base(base_keys_[number]);
  }
}

std::optional<ChunkNumber> CheckTable::find_base(ChunkKey key) const {
  for (const Run& run : runs_) {
    const auto end = chunks_.begin() + run.end;
    auto chunk =
        std::lower_bound(chunks_.begin() + run.begin, end, key,
                         [](const Chunk& a, ChunkKey wanted) { return key_of(a.ref) < wanted; });
    // Of two chunks with this key only one can be a base.
    while (chunk != end && key_of(chunk->ref) == key) {
      const auto number = static_cast<ChunkNumber>(chunk - chunks_.begin());
      if (!levels_[number].crowded) return number;
      ++chunk;
    }
  }
  return std::nullopt;
}

// Besides: what breaks this could be a ring, and everything after this relies on there being none.
void CheckTable::expect_bases_below(const Run& run) {
  for (ChunkNumber number = run.begin; number < run.end; ++number) {
    Chunk& chunk = chunks_[number];
    if (chunk.base == kNoChunk || chunk.length == 0) continue;
    const Chunk& base = chunks_[chunk.base];
    const Level& level = levels_[number];
    const Level& below = levels_[chunk.base];
    if (base.length == 0 || (below.depth < level.depth && below.kind == level.kind)) continue;
    const std::string pack = pack_name(location(number).pack);
    lose(number, pack,
         fmt::format("{} offset {}: the base that the object names is none for it", pack,
                     chunk.offset));
  }
}

std::uint32_t CheckTable::pack_number(const PackId& id) {
  const auto [entry, added] =
      pack_numbers_.try_emplace(id, static_cast<std::uint32_t>(packs_.size()));
  if (added) packs_.push_back(id);
  return entry->second;
}

void CheckTable::place(ChunkNumber number, const Location& where) {
  Chunk& chunk = chunks_[number];
  chunk.pack = pack_number(where.pack);
  chunk.offset = static_cast<std::uint32_t>(where.offset);
  chunk.length = where.length;
  if (chunk.offset == where.offset && where.length > 0) return;
  const std::string pack = pack_name(where.pack);
  lose(number, pack,
       fmt::format("{} offset {}: the catalog leads to a place where no object can be", pack,
                   where.offset));
}

void CheckTable::lose(ChunkNumber number, const std::string& group, const std::string& what) {
  chunks_[number].length = 0;
  chunks_[number].base = kNoChunk;
  findings_.add(group, what, number);
}

Location CheckTable::location(ChunkNumber number) const {
  const Chunk& chunk = chunks_[number];
  return {packs_[chunk.pack], chunk.offset, chunk.length};
}

std::optional<ChunkNumber> CheckTable::find(const ChunkRef& ref) const {
  const auto begin = chunks_.begin();
  const auto end = begin + runs_.front().end;
  const auto chunk = std::lower_bound(
      begin, end, ref, [](const Chunk& a, const ChunkRef& wanted) { return a.ref < wanted; });
  if (chunk == end || chunk->ref != ref) return std::nullopt;
  return static_cast<ChunkNumber>(chunk - begin);
}

std::vector<ChunkNumber> CheckTable::by_place() const {
  std::vector<ChunkNumber> numbers(chunks_.size());
  std::iota(numbers.begin(), numbers.end(), ChunkNumber{0});
  std::erase_if(numbers, [&](ChunkNumber number) { return chunks_[number].length == 0; });
  std::sort(numbers.begin(), numbers.end(), [&](ChunkNumber a, ChunkNumber b) {
    const Chunk& x = chunks_[a];
    const Chunk& y = chunks_[b];
    return x.pack != y.pack ? x.pack < y.pack : x.offset < y.offset;
  });
  return numbers;
}

Dependents::Dependents(const CheckTable& table) : begin_(table.size() + 1), list_(table.size()) {
  const auto count = static_cast<ChunkNumber>(table.size());
  for (ChunkNumber number = 0; number < count; ++number) {
    if (table[number].base != kNoChunk) ++begin_[table[number].base];
  }
  std::exclusive_scan(begin_.begin(), begin_.end(), begin_.begin(), std::uint32_t{0});
  std::vector<std::uint32_t> at(begin_.begin(), begin_.end() - 1);
  for (ChunkNumber number = 0; number < count; ++number) {
    if (table[number].base != kNoChunk) list_[at[table[number].base]++] = number;
  }
  list_.resize(begin_.back());
}

}  // namespace varve
