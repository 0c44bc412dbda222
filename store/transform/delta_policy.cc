#include "store/transform/delta_policy.h"

namespace varve {

std::optional<std::size_t> DeltaPolicy::first_base() const {
  for (std::size_t i = 0; i < chain_.size(); ++i) {
    if (chain_[i].depth < max_depth_) return i;
  }
  return std::nullopt;
}

bool DeltaPolicy::keep(std::size_t base, std::size_t size) const {
  if (size * 4 > full_cost_ * 3) return false;  // hardly smaller than full
  const std::uint64_t higher_cost =
      base + 1 == chain_.size() ? full_cost_ : std::uint64_t{chain_[base].stored_length} + size;
  return spent(base, size) <= higher_cost;
}

std::optional<std::size_t> DeltaPolicy::higher(std::size_t base) const {
  if (base + 1 >= chain_.size()) return std::nullopt;
  return base + 1;
}

std::uint64_t DeltaPolicy::spent(std::size_t base, std::size_t size) const {
  const std::uint64_t before = base == 0 ? 0 : chain_[base - 1].spent;
  return before + size;
}

std::uint8_t DeltaPolicy::depth(std::size_t base) const {
  return static_cast<std::uint8_t>(chain_[base].depth + 1);
}

}  // namespace varve
