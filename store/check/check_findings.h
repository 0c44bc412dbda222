// What check found wrong so far.
//
// Thread-safe, except for the last call. A pack that is damaged all over must not fill the
// report, nor memory, with a line for each object: of one group the first twenty findings stand
// alone, the others are one.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace varve {

// A chunk that check knows, by its number in CheckTable.
using ChunkNumber = std::uint32_t;
inline constexpr ChunkNumber kNoChunk = std::numeric_limits<ChunkNumber>::max();

struct Finding {
  std::string what;                 // one line
  std::vector<ChunkNumber> chunks;  // that cannot be read because of it
  std::vector<std::string> files;   // "SNAPSHOT:PATH" that are known to be hurt
  bool is_mendable = false;         // by a check that repairs; it hurts nothing meanwhile
};

class Findings {
 public:
  void add(const std::string& what, std::vector<std::string> files = {});
  void add_mendable(const std::string& what);
  // `group` names what a crowd of findings would be one of: a pack, the catalog. Findings of a
  // group with the same words are one.
  void add(const std::string& group, const std::string& what, ChunkNumber chunk);

  // The catalog's file is damaged, which making it anew mends.
  void blame_catalog() noexcept { catalog_is_damaged_ = true; }
  bool catalog_is_damaged() const noexcept { return catalog_is_damaged_; }

  bool empty() const;
  std::vector<Finding> take();

 private:
  static constexpr std::size_t kAlone = 20;

  struct Group {
    std::map<std::string, std::size_t> by_words;  // indices of findings_
    std::vector<ChunkNumber> more;
  };

  std::atomic<bool> catalog_is_damaged_ = false;
  mutable std::mutex mutex_;  // guards the rest
  std::vector<Finding> findings_;
  std::map<std::string, Group> groups_;
};

}  // namespace varve
