#include "tools/cli/source_argument.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <system_error>

#include "store/core/error.h"
#include "store/core/one_line.h"
#include "tools/cli/source_names.h"
#include "tools/sources/command_source.h"
#include "tools/sources/folder_source.h"
#include "tools/sources/plain_file_source.h"
#include "tools/sources/postgres_targets.h"
#include "tools/sources/redis_source.h"
#include "tools/sources/redis_uri.h"
#include "tools/sources/source_file.h"
#include "tools/sources/sqlite_recognition.h"
#include "tools/sources/sqlite_source.h"
#include "tools/sources/standard_input_source.h"

namespace varve::cli {
namespace {

using Kind = SourceArgument::Kind;

Error usage(const std::string& message) { return Error(ErrorCode::usage, message); }

// What is no URI of ours and no file may hold a password, and is not repeated.
void refuse_foreign(const std::string& text) {
  std::error_code error;
  if (std::filesystem::exists(text, error)) return;
  if (const std::size_t end = text.find("://"); end != std::string::npos) {
    throw usage(
        fmt::format("{}://… is no source: varve knows postgresql://, redis://, rediss:// "
                    "and redis+unix://; --command 'PROGRAM …' takes what a program prints",
                    one_line(text.substr(0, end), 20)));
  }
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || text.find('/') < equals) return;
  throw usage(
      fmt::format("there is no file of that name, and '{}' is no keyword of PostgreSQL's "
                  "connection strings",
                  one_line(text.substr(0, equals), 20)));
}

Kind kind_of(const std::string& text) {
  if (text == "-") return Kind::standard_input;
  if (is_postgres_target(text)) return Kind::postgresql;
  if (is_redis_uri(text)) return Kind::redis;
  refuse_foreign(text);
  return Kind::path;
}

std::string default_name(const SourceArgument& source) {
  switch (source.kind) {
    case Kind::path: {
      const Path path(source.text);
      return path.has_filename() ? path.filename() : path.parent_path().filename();
    }
    case Kind::postgresql:
      return postgres_source_name(source.text);
    case Kind::redis:
      return default_redis_name(parse_redis_uri(source.text));
    case Kind::standard_input:
    case Kind::command:
      break;
  }
  return {};
}

// How messages call it. A command or a URI may hold what is nobody's business.
std::string label_of(const SourceArgument& source) {
  switch (source.kind) {
    case Kind::path:
      return source.text;
    case Kind::standard_input:
      return "standard input";
    case Kind::command:
      return "a --command";
    case Kind::postgresql:
      return "the database " + postgres_source_name(source.text);
    case Kind::redis:
      return to_text(parse_redis_uri(source.text));
  }
  return {};
}

void give_name(std::vector<SourceArgument>& sources, const std::string& name) {
  if (sources.empty()) throw usage("--as NAME stands behind the source that it names");
  if (!sources.back().name.empty()) {
    throw usage(fmt::format("--as {} names {}, which --as has named {} already", name,
                            label_of(sources.back()), sources.back().name));
  }
  if (name.empty()) throw usage("--as '' is no name");
  sources.back().name = name;
}

// One --as in front of the only source.
std::vector<SourceWord> in_order(std::vector<SourceWord> words) {
  using Word = SourceWord::Kind;
  if (words.size() == 2 && words[0].kind == Word::as && words[1].kind != Word::as) {
    std::swap(words[0], words[1]);
  }
  return words;
}

void require_name(SourceArgument& source) {
  if (source.name.empty()) source.name = default_name(source);
  if (source.name.empty() &&
      (source.kind == Kind::standard_input || source.kind == Kind::command)) {
    throw usage(
        fmt::format("{} has no name of its own: write --as NAME behind it", label_of(source)));
  }
  require_valid_source_name(source.name, label_of(source));
}

void refuse_twins(const std::vector<SourceArgument>& sources) {
  for (auto source = sources.begin(); source != sources.end(); ++source) {
    const auto twin = std::find_if(sources.begin(), source, [&](const SourceArgument& other) {
      return other.name == source->name;
    });
    if (twin == source) continue;
    throw usage(fmt::format("{} and {} are both called '{}': write --as NAME behind one of them",
                            label_of(*twin), label_of(*source), source->name));
  }
  const auto is_input = [](const SourceArgument& s) { return s.kind == Kind::standard_input; };
  if (std::ranges::count_if(sources, is_input) > 1) {
    throw usage("standard input can be read once");
  }
}

bool is_folder(const Path& path) {
  std::error_code error;  // a file's source says what is wrong with it
  return std::filesystem::is_directory(path, error);
}

// SQLite makes the file empty and writes to it with the first transaction.
bool is_database(const Path& path) {
  const struct stat status = require_source_file(path);
  return status.st_size == 0 || is_sqlite_database(std::filesystem::canonical(path));
}

std::unique_ptr<Source> make_path_source(const SourceArgument& argument,
                                         const SourceSettings& settings) {
  const Path path(argument.text);
  const Patience patience{settings.busy_timeout, settings.stop};
  if (is_folder(path)) {
    return std::make_unique<FolderSource>(
        path, argument.name,
        FolderSource::Options{settings.exclude, settings.raw, settings.repository, patience});
  }
  if (settings.raw) return std::make_unique<PlainFileSource>(path, argument.name);
  if (is_database(path)) return std::make_unique<SqliteSource>(path, argument.name, patience);
  return std::make_unique<PlainFileSource>(path, argument.name, PlainFileSource::Looks::yes);
}

}  // namespace

std::vector<SourceArgument> source_arguments(const std::vector<SourceWord>& words) {
  std::vector<SourceArgument> sources;
  for (const SourceWord& word : in_order(words)) {
    if (word.kind == SourceWord::Kind::as) {
      give_name(sources, word.text);
    } else {
      const bool is_command = word.kind == SourceWord::Kind::command;
      sources.push_back({is_command ? Kind::command : kind_of(word.text), word.text, {}});
    }
  }
  if (sources.empty()) throw usage("no source is named: a PATH, - or --command");
  for (SourceArgument& source : sources) require_name(source);
  refuse_twins(sources);
  return sources;
}

std::unique_ptr<Source> make_source(const SourceArgument& argument,
                                    const SourceSettings& settings) {
  switch (argument.kind) {
    case Kind::path:
      break;
    case Kind::standard_input:
      return std::make_unique<StandardInputSource>(argument.name, settings.stop);
    case Kind::command:
      return std::make_unique<CommandSource>(argument.text, argument.name, settings.stop);
    case Kind::postgresql:  // several of one server belong together: postgres_sources
      throw usage("a PostgreSQL source is not made alone");
    case Kind::redis:
      return make_redis_source(argument.text, argument.name, settings.stop);
  }
  return make_path_source(argument, settings);
}

}  // namespace varve::cli
