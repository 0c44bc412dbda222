// The repository's configuration on disk: `config`, and `config.copy` with the same bytes.
//
// Without the few bytes of its configuration a repository cannot be opened, so they are kept twice,
// parity or not. The copy is read where `config` is damaged. `config` is what everybody locks, so
// it is mended in place, never replaced; a crash while that is done leaves the copy.
#pragma once

#include <string>
#include <vector>

#include "store/core/file.h"
#include "store/repository/repository_config.h"

namespace varve {

// `config` first: with it the folder is a repository.
void write_config(const Path& repository, const RepositoryConfig& config);

// Out of the copy where `config` is damaged. Throws what is wrong with `config` where both are.
RepositoryConfig read_config(const Path& repository);

// One line for each of the two that is damaged. A copy that is not there is none: repositories of
// earlier times have none, and one whose init was cut short.
std::vector<std::string> check_config(const Path& repository);

// Mends what check_config() tells; makes a copy that is not there. Returns which of them it wrote.
std::vector<std::string> mend_config(const Path& repository);

// `config` is gone altogether, and its copy is whole.
bool config_can_be_brought_back(const Path& repository);
void bring_back_config(const Path& repository);  // if so; else nothing

// A repository without copy gets one, if there is room for it.
void make_config_copy(const Path& repository);

}  // namespace varve
