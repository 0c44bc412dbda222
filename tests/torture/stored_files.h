// The files of a repository at rest, and every place in them: for what damages each in turn.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "store/core/file.h"

namespace varve::torture {

struct StoredFile {
  Path path;         // in the repository
  std::string name;  // its first folder and how many were written there before: "packs 2". Where
                     // names are random, this is the same for each repository with that history
  std::uint64_t size = 0;

  bool is_sidecar() const { return path.native().starts_with("parity"); }
};

// Without locks and caches, in which nothing is believed, and the reserve, of which nothing is
// read: it is larger than all the rest of a small repository.
std::vector<StoredFile> stored_files(const Path& repository);

struct Place {
  StoredFile file;
  std::uint64_t offset = 0;
};

// For cases_of_this_run() and a test's report.
inline std::string name_of(const Place& place) {
  return place.file.name + ", byte " + std::to_string(place.offset);
}

// Each byte of each.
std::vector<Place> places_in(const std::vector<StoredFile>& files);

// Makes the byte another one.
void flip(const Path& file, std::uint64_t offset, std::mt19937_64& random);

}  // namespace varve::torture
