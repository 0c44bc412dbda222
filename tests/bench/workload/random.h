// A small generator of its own (splitmix64, Steele, Lea and Flood 2014), because the distributions
// of the standard library differ between implementations and the benchmark's bytes must not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace varve::bench {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  // A stream for one purpose: the same seed with another stream number shares nothing with this
  // one.
  Random(std::uint64_t seed, std::uint64_t stream)
      : state_(Random(seed).next() ^ Random(~stream).next()) {}

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31U);
  }

  // Uniform in [0, bound); bound is positive. The bias of the remainder is far below what a
  // benchmark sees.
  std::int64_t below(std::int64_t bound) {
    return static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(bound));
  }

  // Uniform in [low, high].
  std::int64_t between(std::int64_t low, std::int64_t high) { return low + below(high - low + 1); }

  // Small values often, large ones rarely: ranks of popular things.
  std::int64_t skewed_below(std::int64_t bound) { return below(below(bound) + 1); }

  template <typename T, std::size_t N>
  const T& pick(std::span<const T, N> from) {
    return from[static_cast<std::size_t>(skewed_below(static_cast<std::int64_t>(from.size())))];
  }

 private:
  std::uint64_t state_;
};

}  // namespace varve::bench
