// Every target with every file of its corpus, as it is and changed in ways that are the same each
// time: what libFuzzer found once is looked at in each run of the tests, and with sanitizers where
// those are built in.
//
//   VARVE_FUZZ_MUTATIONS   of each file; 60 unless said
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>

#include "store/core/file.h"
#include "tests/fuzz/targets.h"

namespace varve::fuzz {
namespace {

constexpr std::size_t kMostMemory = 512u << 10;  // KiB, over what there was before

using Random = std::mt19937_64;

std::size_t number_below(Random& random, std::size_t end) { return random() % end; }

void flip(Random& random, Bytes& bytes) {
  bytes[number_below(random, bytes.size())] ^= std::byte{1} << number_below(random, 8);
}

// The values that lengths and counts go wrong with.
void put_extreme(Random& random, Bytes& bytes) {
  constexpr std::byte kValues[] = {std::byte{0}, std::byte{1}, std::byte{0x7f}, std::byte{0x80},
                                   std::byte{0xff}};
  const std::size_t at = number_below(random, bytes.size());
  const std::size_t count = std::min(bytes.size() - at, std::size_t{1} << number_below(random, 4));
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), count,
              kValues[number_below(random, std::size(kValues))]);
}

void cut(Random& random, Bytes& bytes) { bytes.resize(number_below(random, bytes.size())); }

void repeat_a_part(Random& random, Bytes& bytes) {
  const std::size_t at = number_below(random, bytes.size());
  const std::size_t count = 1 + number_below(random, std::min<std::size_t>(bytes.size() - at, 64));
  const Bytes part(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                   bytes.begin() + static_cast<std::ptrdiff_t>(at + count));
  const auto place = static_cast<std::ptrdiff_t>(number_below(random, bytes.size()));
  bytes.insert(bytes.begin() + place, part.begin(), part.end());
}

Bytes mutation(Random& random, const Bytes& seed) {
  constexpr void (*kChanges[])(Random&, Bytes&) = {flip, put_extreme, cut, repeat_a_part};
  Bytes bytes = seed;
  for (std::size_t left = 1 + number_below(random, 4); left > 0 && !bytes.empty(); --left) {
    kChanges[number_below(random, std::size(kChanges))](random, bytes);
  }
  return bytes;
}

std::size_t mutations() {
  const char* const wanted = std::getenv("VARVE_FUZZ_MUTATIONS");
  return wanted == nullptr ? 60 : static_cast<std::size_t>(std::atoi(wanted));
}

long peak_memory() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;  // KiB
}

std::map<std::string, Bytes> corpus_of(const Target& target) {
  std::map<std::string, Bytes> files;
  for (const auto& file :
       std::filesystem::directory_iterator(Path(VARVE_FUZZ_CORPUS) / target.name)) {
    files[file.path().filename().native()] = read_file(file.path());
  }
  return files;
}

class FuzzCorpusTest : public testing::TestWithParam<Target> {};

TEST_P(FuzzCorpusTest, AnyBytesAreAnswered) {
  const Target& target = GetParam();
  const std::map<std::string, Bytes> files = corpus_of(target);
  ASSERT_GE(files.size(), 2U) << "tests/fuzz/make_corpus.sh makes the corpus";
  [[maybe_unused]] const long before = peak_memory();
  target.run({});
  for (const auto& [name, seed] : files) {
    std::fprintf(stderr, "%s\n", name.c_str());  // the last one is that which ended the program
    target.run(seed);
    Random random(std::hash<std::string_view>{}(target.name));
    for (std::size_t left = mutations(); left > 0; --left) {
      target.run(mutation(random, seed));
    }
  }
#ifndef VARVE_SANITIZED  // the sanitizers keep what is freed for a while
  EXPECT_LT(peak_memory() - before, static_cast<long>(kMostMemory));
#endif
}

INSTANTIATE_TEST_SUITE_P(Targets, FuzzCorpusTest,
                         testing::ValuesIn(targets().begin(), targets().end()),
                         [](const auto& target) { return std::string(target.param.name); });

}  // namespace
}  // namespace varve::fuzz
