// What a repository has of a source, as a source: for a second repository that is to begin where
// the first one stands.
#pragma once

#include <memory>

#include "store/ingest/source.h"
#include "store/repository/repository.h"

namespace varve {

// All must outlive it.
std::unique_ptr<Source> make_stored_source(Repository& repository, const Snapshot& snapshot,
                                           const std::string& source_name);

}  // namespace varve
