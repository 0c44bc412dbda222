#include "tests/torture/stored_files.h"

#include <algorithm>
#include <map>

namespace varve::torture {

std::vector<StoredFile> stored_files(const Path& repository) {
  std::vector<Path> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(repository)) {
    const std::string first = *std::filesystem::relative(entry.path(), repository).begin();
    if (entry.is_regular_file() && first != "locks" && first != "cache" && first != "reserve") {
      paths.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end(), [](const Path& left, const Path& right) {
    return std::pair(std::filesystem::last_write_time(left), left) <
           std::pair(std::filesystem::last_write_time(right), right);
  });
  std::vector<StoredFile> files;
  std::map<std::string, int> before;
  for (const Path& path : paths) {
    const Path inside = std::filesystem::relative(path, repository);
    const std::string first = *inside.begin();
    const std::string name = first + ' ' + std::to_string(before[first]++);
    files.push_back({inside, name, std::filesystem::file_size(path)});
  }
  return files;
}

std::vector<Place> places_in(const std::vector<StoredFile>& files) {
  std::vector<Place> places;
  for (const StoredFile& file : files) {
    for (std::uint64_t at = 0; at < file.size; ++at) places.push_back({file, at});
  }
  return places;
}

void flip(const Path& path, std::uint64_t offset, std::mt19937_64& random) {
  File file = *File::open_to_change(path);
  std::byte byte{};
  file.read_exact_at(offset, std::span(&byte, 1));
  byte ^= static_cast<std::byte>(1 + random() % 255);
  file.write_all_at(offset, std::span(&byte, 1));
}

}  // namespace varve::torture
