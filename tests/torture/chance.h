// Chance, and the part of all cases that a run takes. By the environment:
//
//   VARVE_TORTURE_SEED   where chance begins; printed, and a new one for each run unless given
//   VARVE_TORTURE_PART   "R/S": round R, from 0, of a torture whose first S rounds take every case
//                        of every list once. Without it a run takes a few of each.
//
// A case belongs to a part by a hash of its name and the seed, not by its place in a list: so the
// parts stay disjoint and leave nothing out where a list differs a little between two rounds (with
// threads, a call more or less). Round S begins anew; what a case leaves to chance is then another.
// Both variables with a --gtest_filter repeat a single test exactly.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace varve::torture {

struct Part {
  std::uint64_t round = 0;
  std::uint64_t of = 1;  // rounds that take all

  // Nothing where `text` is not "R/S".
  static std::optional<Part> parse(const std::string& text);
  // Nothing where the run takes a few of all.
  static const std::optional<Part>& of_this_run();

  // `draw`: draw_of() the case.
  bool has(std::uint64_t draw) const { return draw % of == round % of; }
};

std::uint64_t seed_of_this_run();

// The same in all rounds of one seed.
std::uint64_t draw_of(const std::string& name);

// For what needs no repeating alone, and by the run's seed and round.
std::mt19937_64& chance();
// What the case of that name leaves to chance.
std::mt19937_64 chance_of(const std::string& name);

// Those of this run, in an order by chance: its part, or `few` of them. `name_of` tells the cases
// apart, and is the same in every round.
template <class Case, class NameOf>
std::vector<Case> cases_of_this_run(const std::vector<Case>& all, std::size_t few,
                                    const NameOf& name_of) {
  std::vector<std::pair<std::uint64_t, std::size_t>> drawn;
  const std::optional<Part>& part = Part::of_this_run();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::uint64_t draw = draw_of(name_of(all[i]));
    if (!part || part->has(draw)) drawn.emplace_back(draw, i);
  }
  std::sort(drawn.begin(), drawn.end());
  if (!part) drawn.resize(std::min(drawn.size(), few));
  std::vector<Case> cases;
  for (const auto& [draw, i] : drawn) cases.push_back(all[i]);
  return cases;
}

}  // namespace varve::torture
