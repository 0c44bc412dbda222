#include "store/gc/gc_plan.h"

#include <algorithm>

namespace varve {
namespace {

bool is_small(const PackUse& use) { return use.file_bytes < kSmallPack; }

bool is_worth_it(const PackUse& use, double worth) {
  const auto garbage = static_cast<double>(use.garbage_bytes());
  return garbage > 0 && garbage >= worth * static_cast<double>(use.file_bytes);
}

}  // namespace

std::vector<PackUse> choose_packs(const Usage& usage, double worth) {
  std::vector<PackUse> candidates = usage.packs;
  std::erase_if(candidates, [&](const PackUse& use) { return use.damaged && !usage.complete; });
  const bool merges = std::count_if(candidates.begin(), candidates.end(), is_small) >
                      static_cast<std::ptrdiff_t>(kSmallPacks);
  std::erase_if(candidates, [&](const PackUse& use) {
    return use.live_objects > 0 && !is_worth_it(use, worth) && !(merges && is_small(use));
  });
  return candidates;
}

std::vector<std::vector<PackUse>> group_packs(std::vector<PackUse> packs) {
  std::erase_if(packs, [](const PackUse& use) { return use.live_objects == 0; });
  std::stable_sort(packs.begin(), packs.end(),
                   [](const PackUse& a, const PackUse& b) { return a.live_bytes < b.live_bytes; });
  std::vector<std::vector<PackUse>> groups;
  std::uint64_t bytes = 0;
  for (const PackUse& use : packs) {
    if (groups.empty() || bytes + use.live_bytes > kGroupBytes) {
      groups.emplace_back();
      bytes = 0;
    }
    bytes += use.live_bytes;
    groups.back().push_back(use);
  }
  return groups;
}

}  // namespace varve
