// What the command line names as sources, and how each becomes a Source.
//
// PATH, `-`, a URI and --command are sources, in the order in which they stand there; --as names
// the one in front of it.
#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "store/core/file.h"
#include "store/ingest/source.h"

namespace varve::cli {

// One word of the command line that has to do with sources.
struct SourceWord {
  enum class Kind { source, command, as };
  Kind kind = Kind::source;
  std::string text;
};

struct SourceArgument {
  enum class Kind { path, standard_input, command, postgresql, redis };
  Kind kind = Kind::path;
  std::string text;  // as it was typed
  std::string name;  // in the snapshot
};

// Throws a usage Error where none is named, one has no name or one that cannot be a file's name in
// a snapshot, two have the same, or --as has nothing to name. (Where a single --as and a single
// source stand the wrong way round, it is clear what is meant.)
std::vector<SourceArgument> source_arguments(const std::vector<SourceWord>& words);

// What holds for all sources.
struct SourceSettings {
  bool raw = false;                  // plain files, whatever is in them
  std::vector<std::string> exclude;  // from folders
  std::chrono::seconds busy_timeout{30};
  Path repository;       // never a part of a backup
  std::stop_token stop;  // ends what sources wait for
};

// Looks at paths: a folder, a database, another file.
std::unique_ptr<Source> make_source(const SourceArgument& argument, const SourceSettings& settings);

}  // namespace varve::cli
