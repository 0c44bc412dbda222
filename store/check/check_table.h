// The chunks that some snapshot needs, for check: where each lies and what it is built on.
//
// 35 bytes a chunk, 8 more while it is filled. Chunks are numbered. Once examined the table does
// not change any more, and reading it is thread-safe.
#pragma once

#include <optional>
#include <span>
#include <stop_token>
#include <unordered_map>
#include <vector>

#include "store/check/check_findings.h"
#include "store/repository/repository.h"

namespace varve {

class CheckTable {
 public:
  struct Chunk {
    ChunkRef ref;
    std::uint32_t pack = 0;
    std::uint32_t offset = 0;
    std::uint32_t length = 0;  // 0: it cannot be reached
    ChunkNumber base = kNoChunk;
  };

  // `needed`: references of manifests, in any order, each as often as it comes. Finds every
  // chunk in the catalog and holds its header in the pack against its reference, then the same
  // for the bases. What is wrong goes to `findings`.
  CheckTable(Repository& repository, Findings& findings, std::vector<ChunkRef> needed,
             const std::stop_token& stop);

  std::size_t size() const noexcept { return chunks_.size(); }
  const Chunk& operator[](ChunkNumber number) const { return chunks_[number]; }
  Location location(ChunkNumber number) const;
  // Only chunks that manifests name, not bases that nothing else needs.
  std::optional<ChunkNumber> find(const ChunkRef& ref) const;
  // The chunks that can be reached, in the order in which they lie in the packs.
  std::vector<ChunkNumber> by_place() const;

 private:
  struct Level {
    std::uint8_t depth = 0;
    ObjectKind kind = ObjectKind::data;
    bool crowded = false;
  };
  // Chunks sorted by reference: first those that manifests name, then the bases that these need
  // besides, and so on.
  struct Run {
    ChunkNumber begin = 0;
    ChunkNumber end = 0;
  };

  Run append_run(const std::vector<ChunkRef>& refs);
  void locate(const Run& run);
  void read_headers(const Run& run, const std::stop_token& stop);
  void read_headers_of_pack(std::span<const ChunkNumber> numbers);
  std::vector<PackEntry> entries_of_pack(const PackId& pack);
  void examine(ChunkNumber number, const std::vector<PackEntry>& entries);
  std::optional<ParsedObject> header_of(ChunkNumber number, const std::vector<PackEntry>& entries);
  bool is_header_of(ChunkNumber number, const ObjectHeader& header) const;
  void take_header(ChunkNumber number, const ParsedObject& parsed);
  bool look_again(ChunkNumber number);
  std::vector<ChunkRef> new_bases(const Run& run) const;
  void link_bases(const Run& run);
  std::optional<ChunkNumber> find_base(ChunkKey key) const;
  void expect_bases_below(const Run& run);

  std::uint32_t pack_number(const PackId& id);
  void place(ChunkNumber number, const Location& where);
  void lose(ChunkNumber number, const std::string& group, const std::string& what);
  bool is_base_only(ChunkNumber number) const { return number >= runs_.front().end; }

  Repository& repository_;
  Findings& findings_;
  std::vector<Chunk> chunks_;
  std::vector<Level> levels_;        // by chunk
  std::vector<ChunkKey> base_keys_;  // by chunk; while filling
  std::vector<Run> runs_;
  std::vector<PackId> packs_;  // by number
  std::unordered_map<PackId, std::uint32_t> pack_numbers_;
};

// Which chunks are deltas on a chunk. 8 bytes a chunk. Immutable.
class Dependents {
 public:
  explicit Dependents(const CheckTable& table);
  std::span<const ChunkNumber> of(ChunkNumber base) const {
    return std::span(list_).subspan(begin_[base], begin_[base + 1] - begin_[base]);
  }

 private:
  std::vector<std::uint32_t> begin_;  // by chunk, and one more
  std::vector<ChunkNumber> list_;
};

}  // namespace varve
