// varve-many-snapshots: a repository of very many small snapshots, an hour apart, for mount.sh.
#include <charconv>
#include <cstring>
#include <exception>
#include <iostream>
#include <string>

#include "store/ingest/ingest.h"
#include "tests/support/memory_source.h"

namespace {

using namespace varve;

constexpr std::int64_t kFirst = 1'735'689'600;  // 2025-01-01T00:00:00Z
constexpr std::int64_t kHour = 3600;
constexpr std::size_t kFileBytes = 256u << 10;

// A page of it changes with each snapshot.
MemoryFile file_at(std::size_t state) {
  MemoryFile file{.path = "shop.db", .bytes = Bytes(kFileBytes)};
  const std::size_t place = (state * 4096) % kFileBytes;
  std::memcpy(file.bytes.data() + place, &state, sizeof state);
  return file;
}

void fill(Repository& repository, std::size_t snapshots) {
  for (std::size_t state = 0; state < snapshots; ++state) {
    IngestRequest request;
    request.sources.push_back(
        std::make_unique<MemorySource>("shop.db", std::vector{file_at(state)}));
    request.time = Timestamp{kFirst + kHour * static_cast<std::int64_t>(state)};
    if (state % 100 == 0) request.tags = {"weekly"};
    ingest(repository, std::move(request));
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t snapshots = 0;
  const std::string_view number = argc == 3 ? argv[2] : "";
  if (std::from_chars(number.begin(), number.end(), snapshots).ec != std::errc()) {
    std::cerr << "usage: varve-many-snapshots REPO COUNT\n";
    return 2;
  }
  try {
    Repository::create(argv[1]);
    fill(*Repository::open(argv[1]), snapshots);
  } catch (const std::exception& error) {
    std::cerr << "varve-many-snapshots: " << error.what() << '\n';
    return 1;
  }
}
