// Packs in which the disk flipped a bit: in what a file's content is stored as, never in what leads
// to it. Which objects of a small pack lie where is a matter of which thread was first, so that
// the middle of a pack may be anything.
#pragma once

#include <filesystem>
#include <vector>

namespace varve {

// The files of a repository's packs, in no order.
std::vector<std::filesystem::path> packs_of(const std::filesystem::path& repository);

// Flips a bit of the largest data object; of a pack without any, nothing.
void damage_data(const std::filesystem::path& pack);
// The same in every pack of the repository.
void damage_all_data(const std::filesystem::path& repository);

}  // namespace varve
