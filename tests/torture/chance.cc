#include "tests/torture/chance.h"

#include <cstdlib>
#include <functional>
#include <iostream>
#include <stdexcept>

namespace varve::torture {
namespace {

std::uint64_t chosen_seed() {
  const char* const given = std::getenv("VARVE_TORTURE_SEED");
  const std::uint64_t seed = given == nullptr ? std::random_device()() : std::stoull(given);
  std::cout << "VARVE_TORTURE_SEED=" << seed << '\n';
  return seed;
}

std::optional<Part> chosen_part() {
  const char* const given = std::getenv("VARVE_TORTURE_PART");
  if (given == nullptr) return std::nullopt;
  const std::optional<Part> part = Part::parse(given);
  if (!part) throw std::runtime_error(std::string("VARVE_TORTURE_PART wants R/S, not ") + given);
  return part;
}

std::uint64_t round_of_this_run() {
  const std::optional<Part>& part = Part::of_this_run();
  return part ? part->round : 0;
}

}  // namespace

std::optional<Part> Part::parse(const std::string& text) {
  Part part;
  int length = 0;
  const int fields = std::sscanf(text.c_str(), "%lu/%lu%n", &part.round, &part.of, &length);
  if (fields != 2 || part.of == 0 || static_cast<std::size_t>(length) != text.size()) {
    return std::nullopt;
  }
  return part;
}

const std::optional<Part>& Part::of_this_run() {
  static const std::optional<Part> part = chosen_part();
  return part;
}

std::uint64_t seed_of_this_run() {
  static const std::uint64_t seed = chosen_seed();
  return seed;
}

std::uint64_t draw_of(const std::string& name) {
  return std::hash<std::string>()(std::to_string(seed_of_this_run()) + '/' + name);
}

std::mt19937_64& chance() {
  static std::mt19937_64 random = chance_of("");
  return random;
}

std::mt19937_64 chance_of(const std::string& name) {
  return std::mt19937_64(draw_of(std::to_string(round_of_this_run()) + '/' + name));
}

}  // namespace varve::torture
